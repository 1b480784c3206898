"""A domain whose mail server died: what bounces there says one thing, however many people it says it of.

Each address is blocked as ever; only the limits of a whole tenant take such a domain for one address. Two signs tell
it from a bad list, and neither can be made by writing to invented people: the bounce blames the domain or its host, or
the same people took mail before.
"""

import msgspec

from provisioner.rules.base import Value, people
from provisioner.rules.clock import HOUR
from provisioner.rules.correspondence import Domain
from provisioner.rules.lines import Bounce, blames_host
from provisioner.rules.sample import token
from provisioner.rules.view import View


class Counted(msgspec.Struct, frozen=True):
    """Hard-bounced addresses as a tenant's limits count them. ``dead``: domains that count as one, with how many."""

    addresses: int
    bounced: int
    dead: dict[str, int] = {}

    def numbers(self) -> dict[str, Value]:
        """What evidence adds where not every address counts."""
        return {"bounced addresses": self.bounced} if self.dead else {}

    def remark(self) -> str:
        """A sentence about the domains that count as one; empty if there is none."""
        if not self.dead:
            return ""
        domain, most = max(self.dead.items(), key=lambda one: (one[1], one[0]))
        others = people(len(self.dead) - 1, "more domain", "more domains")
        more = f" The same holds for {others}." if len(self.dead) > 1 else ""
        return f" The {most} at {domain} count as one: its mail server seems to have died.{more}"


def count_hard(view: View, since: int) -> Counted:
    """Count the addresses that bounced hard since then, those of a dead domain as one."""
    bounced = view.hard_count(since)
    if view.policy.word("hard.tenant.dead_domain") == "each":
        return Counted(bounced, bounced)
    dead = _dead(view, since)
    return Counted(bounced - sum(dead.values()) + len(dead), bounced, dead)


def _dead(view: View, since: int) -> dict[str, int]:
    """Domain -> how many bounced there, where more than one did and they count as one."""
    share, found = view.policy.share("hard.tenant.reached_share"), {}
    for domain, bounces in view.hard_at(since).items():
        if domain and len(bounces) > 1:
            others = {address: bounce for address, bounce in bounces.items() if not blames_host(bounce[2])}
            known = view.memory.domains.of.get(domain)
            if known is not None and reached_before(known, others) >= max(1, share * len(others)):
                others = {}
            if len(bounces) - len(others) > 1:
                found[domain] = len(bounces) - len(others)
    return found


def reached_before(known: Domain, bounces: dict[str, Bounce]) -> int:
    """How many of those who bounced had taken mail in an earlier hour."""
    reached = known.reached()
    return sum(
        reached.get(token(address), bounce[0] // HOUR) < bounce[0] // HOUR for address, bounce in bounces.items()
    )
