"""Facts: what the audit reads. Compressed lines: a header, rows of deliveries, then one event a line.

Written once by the collector; the bytes depend only on the set of events, not on their order or repetition.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from operator import attrgetter

import msgspec

from provisioner.feedback.deliveries import Deliveries, can_fold, fold
from provisioner.feedback.older import Deliveries1
from provisioner.feedback.stored import BrokenObject, NewerSchema, pack, unpack_lines
from provisioner.model.event import Event

SCHEMA = 2


class Header(msgspec.Struct, frozen=True):
    """The first line. ``rows`` lines of deliveries follow, then ``events`` lines of other events."""

    schema: int
    tenant: str
    rows: int = 0
    events: int = 0


_encoder = msgspec.json.Encoder()
_headers = msgspec.json.Decoder(Header)
_rows: dict[int, msgspec.json.Decoder[Deliveries] | msgspec.json.Decoder[Deliveries1]] = {
    1: msgspec.json.Decoder(Deliveries1),
    SCHEMA: msgspec.json.Decoder(Deliveries),
}
_events = msgspec.json.Decoder(Event)


def encode_facts(tenant: str, events: Iterable[Event]) -> bytes:
    """Encode events of one tenant; of several copies the one that arrived first is kept."""
    unique = _first_copies(events)
    rows = list(fold(event for event in unique if can_fold(event)))
    others = [event for event in unique if not can_fold(event)]
    header = Header(SCHEMA, tenant, len(rows), len(others))
    return pack(_encoder.encode_lines([header, *rows, *others]))


def decode_facts(data: bytes | Iterable[bytes], *, name: str = "facts", tenant: str = "") -> Iterator[Event]:
    """Yield the events in constant memory. ``name`` is the object's key, for errors; see ``decode_rows``."""
    for row in decode_rows(data, name=name, tenant=tenant):
        if isinstance(row, Deliveries):
            yield from row.events()
        else:
            yield row


def decode_rows(
    data: bytes | Iterable[bytes], *, name: str = "facts", tenant: str = ""
) -> Iterator[Event | Deliveries]:
    """Yield deliveries by the row, which is cheaper, and all other events one by one.

    Raises BrokenObject for an object that is not whole, not facts, or (if ``tenant`` is given) another tenant's,
    and NewerSchema. An error may come after the first rows: judge nothing before the iteration has ended.
    """
    pieces = unpack_lines(data, name)
    first, _, rest = next(pieces, b"").partition(b"\n")
    header = _read_header(first, name, tenant)
    rows, events = header.rows, header.events
    for piece in chain([rest], pieces):
        waiting = piece
        while rows and waiting:
            line, _, waiting = waiting.partition(b"\n")
            row = _read_row(line, header.schema, name)
            rows -= 1
            if isinstance(row, Deliveries):
                yield row
            else:
                yield from row.events()
        if waiting:
            found = _read_events(waiting, name)
            events -= len(found)
            yield from found
    if rows or events:
        raise BrokenObject(name, "does not hold as much as its header says")


def _first_copies(events: Iterable[Event]) -> list[Event]:
    """One event for each id, in an order that only depends on the set."""
    first: dict[str, Event] = {}
    for event in events:
        other = first.setdefault(event.id, event)
        if other is not event and _is_earlier(event, other):
            first[event.id] = event
    return sorted(first.values(), key=attrgetter("arrived", "id"))


def _is_earlier(event: Event, other: Event) -> bool:
    """Whether it arrived first; copies that arrived together are ordered by what they say."""
    if event.arrived != other.arrived:
        return event.arrived < other.arrived
    return _encoder.encode(event) < _encoder.encode(other)


def _read_header(line: bytes, name: str, tenant: str) -> Header:
    try:
        header = _headers.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BrokenObject(name, "does not begin with a header of facts") from None
    if header.schema > SCHEMA:
        raise NewerSchema(name, header.schema, SCHEMA)
    if header.schema not in _rows:
        raise BrokenObject(name, f"names a schema there never was: {header.schema}")
    if tenant and header.tenant != tenant:
        raise BrokenObject(name, f"holds facts of {header.tenant!r}, not of {tenant!r}")
    return header


def _read_row(line: bytes, schema: int, name: str) -> Deliveries | Deliveries1:
    try:
        row = _rows[schema].decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BrokenObject(name, "has an unreadable row of deliveries") from None
    if not row.is_whole:
        raise BrokenObject(name, "has a row of deliveries whose columns differ in length")
    return row


def _read_events(lines: bytes, name: str) -> list[Event]:
    try:
        return _events.decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BrokenObject(name, "has an unreadable event") from None
