"""Take one person's address out of stored feedback, notes and pages. Pure: bytes in, bytes out, or None if not there.

What is left must still be read as before: facts keep that something happened, to nobody by name; a raw record that
names the person goes as a whole, for its subject and headers are the person's, too. Doing it twice changes nothing.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import idna
import msgspec
from markupsafe import escape

from provisioner.errors import InnkeeperError
from provisioner.feedback.address import normalise
from provisioner.feedback.facts import decode_facts, encode_facts
from provisioner.feedback.raw import RawRecord, decode_quarantine, decode_raw
from provisioner.feedback.stored import BrokenObject, pack
from provisioner.model.event import Event

ERASED = "(erased)"
_DEEPEST = 8  # JSON within JSON: a queue's message in an envelope in a message is three

_encoder = msgspec.json.Encoder()


class Person:
    """One address, found in whatever spelling mail servers, notes and pages use."""

    def __init__(self, text: str) -> None:
        self.address = normalise(text)
        if "@" not in self.address:
            raise InnkeeperError("that is no e-mail address", hint="write it as in anna@customer.example")

    @cached_property
    def _spelled(self) -> re.Pattern[str]:
        local, _, domain = self.address.rpartition("@")
        names = {f"{one}@{where}" for one in (local, f'"{local}"') for where in (domain, _unicode(domain))}
        on_pages = {str(escape(name)) for name in names}
        either = "|".join(sorted(map(re.escape, names | on_pages)))
        # Longer addresses that end or begin like this one are other people's.
        return re.compile(rf"(?<![\w.+-])(?:{either})(?![\w-])(?!\.\w)", re.IGNORECASE)

    def may_be_in(self, body: bytes) -> bool:
        """False, and soon, for nearly all that does not name the person; escapes and encoded words may hide it."""
        domain = self.address.rpartition("@")[2]
        signs = (domain.encode(), _unicode(domain).encode(), b"\\u", b"=?")
        lower = body.lower() if body.isascii() else body.decode("utf-8", "replace").lower().encode()
        return any(sign in lower for sign in signs)

    def is_in(self, text: str) -> bool:
        """Whether ``text`` names the person, alone or within other words."""
        if "@" not in text and "=?" not in text:
            return False
        return self._spelled.search(text) is not None or normalise(text) == self.address

    def cut(self, text: str) -> str:
        """``text`` without the person."""
        if not self.is_in(text):
            return text
        left = self._spelled.sub(ERASED, text)
        return left if not self.is_in(left) else ERASED

    def without(self, value: Any) -> Any:
        """JSON data without the person, keys of maps included."""
        match value:
            case str():
                return self.cut(value)
            case dict():
                return {self.cut(key): self.without(inner) for key, inner in value.items()}
            case list():
                return [self.without(inner) for inner in value]
            case _:
                return value


def _unicode(domain: str) -> str:
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def erase_facts(body: bytes, key: str, tenant: str, who: Person) -> bytes | None:
    """The same events, those of the person to nobody's address: they count for the tenant and are nobody's strike."""
    found = False
    events = []
    for event in decode_facts(body, name=key, tenant=tenant):
        after = _event(event, who)
        found = found or after is not event
        events.append(after)
    return encode_facts(tenant, events) if found else None


def _event(event: Event, who: Person) -> Event:
    if event.recipient == who.address:
        return msgspec.structs.replace(event, recipient="", diagnostic="", message_id="")
    if event.diagnostic and who.is_in(event.diagnostic):
        return msgspec.structs.replace(event, diagnostic=who.cut(event.diagnostic))
    return event


def erase_raw(body: bytes, key: str, who: Person) -> bytes | None:
    """The records that do not name the person."""
    records = list(decode_raw(body, name=key))
    left = [record for record in records if not _names(record, who)]
    return pack(_encoder.encode_lines(left)) if len(left) < len(records) else None


def erase_quarantine(body: bytes, key: str, who: Person) -> bytes | None:
    """The message is gone; that there was one, when, and why it was set aside stays."""
    record = decode_quarantine(body, name=key)
    if not _names(record, who):
        return None
    left = msgspec.structs.replace(record, body=ERASED, base64=None, reason=who.cut(record.reason))
    return msgspec.json.format(_encoder.encode(left), indent=1) + b"\n"


def erase_json(body: bytes, key: str, who: Person) -> bytes | None:
    """A note or a record: the same, without the person."""
    before = _json(body, key)
    after = who.without(before) if who.may_be_in(body) else before
    return None if after == before else msgspec.json.format(_encoder.encode(after), indent=2) + b"\n"


def erase_text(body: bytes, key: str, who: Person) -> bytes | None:
    """A page or a table."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BrokenObject(key, "is not text") from None
    return who.cut(text).encode() if who.may_be_in(body) and who.is_in(text) else None


def erase_working_copy(body: bytes, key: str, who: Person) -> bytes | None:
    """What runs keep to save calls: emptied, since everything in it can be read again."""
    try:
        held = _json(gzip.decompress(body), key)
    except (OSError, EOFError, zlib.error):
        raise BrokenObject(key, "is not gzip, or damaged") from None
    return None if who.without(held) == held else gzip.compress(b"[]", mtime=0)


def _json(body: bytes, key: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BrokenObject(key, "is not JSON") from None


def _names(record: RawRecord, who: Person) -> bool:
    if not who.may_be_in(record.content) and not who.is_in(record.reason):
        return False
    text = record.content.decode("utf-8", "replace")
    return who.is_in(record.reason) or any(map(who.is_in, _strings(text, _DEEPEST)))


def _strings(text: str, depth: int) -> Iterator[str]:
    """The text itself, and if it is JSON all strings in it, however deep JSON was put into JSON."""
    yield text
    if depth and text.lstrip()[:1] in ("{", "["):
        try:
            inner = msgspec.json.decode(text.encode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError):
            return
        for one in _leaves(inner):
            yield from _strings(one, depth - 1)


def _leaves(value: Any) -> Iterator[str]:
    waiting: list[Any] = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as inner:
                waiting += _both(inner.items())
            case list() as inner:
                waiting += inner


def _both(items: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    for pair in items:
        yield from pair
