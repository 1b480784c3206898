"""Which address an event is about, and the idempotency key made from it.

SES reports the *Final-Recipient*, which differs from the address written to when mail is forwarded. The address
the tenant wrote to is the one to block, so a reported address must be among the mail's destinations. If it is not,
and the mail had exactly one destination, that one is meant; else it is unclear, and nobody is blocked.
"""

import base64
import hashlib

import msgspec

from provisioner.feedback.address import domain_of, normalise, same_mailbox
from provisioner.feedback.classify import SIMULATOR_DOMAIN


class Target(msgspec.Struct, frozen=True):
    """A reported recipient.

    ``recipient`` is the address written to (empty: unclear), ``reported`` what SES named (empty: unreadable),
    ``key`` what tells it from the notification's other recipients.
    """

    recipient: str
    reported: str
    key: str

    @property
    def simulator(self) -> bool:
        """Whether it is the mailbox simulator."""
        return SIMULATOR_DOMAIN in (domain_of(self.recipient), domain_of(self.reported))

    def nobody(self) -> "Target":
        """Keep identity and simulator, but no address that a rule could act on."""
        return Target("", self.reported, self.key)


NOBODY = Target("", "", "")


class Destinations:
    """The addresses one mail was written to."""

    def __init__(self, destination: list[str] | None, *, trusted: bool) -> None:
        """``trusted`` False: the list is damaged, so nothing can be compared with it."""
        addresses = [normalise(text) for text in destination or ()] if trusted else []
        self._addresses = frozenset(addresses)
        readable = self._addresses - {""}
        self._only = next(iter(readable)) if len(readable) == len(self._addresses) == 1 else ""
        self._spellings: dict[str, str] | None = None

    @property
    def only(self) -> str:
        """The mail's one destination, or an empty string."""
        return self._only

    def find(self, published: str | None, position: int) -> Target:
        """Find the destination that ``published`` stands for. ``position`` tells nameless recipients apart."""
        if published is None:
            return Target("", "", f"#{position}")
        reported = normalise(published)
        if reported and reported in self._addresses:
            return Target(reported, reported, reported)
        recipient = (reported and self._other_spelling(reported)) or self._only
        return Target(recipient, reported, recipient or reported or published)

    def _other_spelling(self, reported: str) -> str:
        if self._spellings is None:  # rarely needed
            self._spellings = {same_mailbox(address): address for address in sorted(self._addresses, reverse=True)}
        return self._spellings.get(same_mailbox(reported), "")


def event_id(*parts: str) -> str:
    """Make an idempotency key: 72 bits of a hash, as twelve characters. Equal parts, equal key."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hashlib.blake2b(joined, digest_size=9).digest()).decode("ascii")
