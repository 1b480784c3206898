"""What SES itself reads in a message's headers, and its answer when they are wrong."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses


class Refusal(Exception):
    """SES's answer to a mail it does not take."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {_one_line(text)}")


@dataclass(frozen=True)
class Headers:
    """What SES reads in the headers."""

    senders: tuple[tuple[str, str], ...]  # display name, address
    configuration_set: str | None
    tenant: str | None
    tags: tuple[tuple[str, str], ...]


def senders_of(raw: bytes) -> list[str]:
    """List the addresses of the From header, however wrong the rest is."""
    headers = message_from_bytes(raw).get_all("From", [])
    return [address for _, address in getaddresses([str(header) for header in headers])]


def read_headers(raw: bytes) -> Headers:
    """Read the sender and SES's own headers. Raises Refusal with the answer for the client."""
    parsed = message_from_bytes(raw)
    listed = parsed.get_all("From", [])
    if not listed:
        raise Refusal(554, "Message rejected: Missing required header 'From'.")
    if len(listed) > 1:
        raise Refusal(554, "Transaction failed: Duplicate header 'From'.")
    senders = tuple((name, address) for name, address in getaddresses([str(listed[0])]) if "@" in address)
    if not senders:
        raise Refusal(554, "Transaction failed: Missing final '@domain'")
    if parsed["X-SES-SOURCE-ARN"] or parsed["X-SES-FROM-ARN"] or parsed["X-SES-RETURN-PATH-ARN"]:
        raise Refusal(
            554, "The sandbox does not implement sending for another account (X-SES-SOURCE-ARN and the like)."
        )
    return Headers(senders, _own(parsed, "X-SES-CONFIGURATION-SET"), _own(parsed, "X-SES-TENANT"), _own_tags(parsed))


def _own(parsed: Message, name: str) -> str | None:
    return str(parsed[name]).strip() or None if parsed[name] is not None else None


def _own_tags(parsed: Message) -> tuple[tuple[str, str], ...]:
    pairs = (_own(parsed, "X-SES-MESSAGE-TAGS") or "").split(",")
    named = (pair.partition("=")[::2] for pair in pairs if "=" in pair)
    return tuple((name.strip(), value.strip()) for name, value in named if not name.strip().startswith("ses:"))


def _one_line(text: str) -> str:
    """Keep a sender's text from adding lines to the answer."""
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text)[:1000]
