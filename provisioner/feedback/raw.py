"""Raw records: every message as it came, kept as evidence. Compressed lines, one message each."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from provisioner.feedback.stored import BrokenObject, pack, unpack_lines
from provisioner.ports import Message


class RawRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message. ``body`` as text where it is UTF-8, else in ``base64``."""

    id: str
    sent: datetime
    body: str | None = None
    base64: bytes | None = None  # msgspec writes bytes so
    reason: str = ""  # why it is in quarantine
    security: bool = False

    @property
    def content(self) -> bytes:
        """The body as it was in the queue."""
        return self.base64 if self.base64 is not None else (self.body or "").encode()


_decoder = msgspec.json.Decoder(RawRecord)
_encoder = msgspec.json.Encoder()


def encode_raw(messages: Iterable[Message]) -> bytes:
    """Encode messages, in the order given."""
    return pack(_encoder.encode_lines([_record(message) for message in messages]))


def decode_raw(data: bytes | Iterable[bytes], *, name: str = "raw records") -> Iterator[RawRecord]:
    """Yield the records in constant memory. Raises BrokenObject naming the object."""
    for lines in unpack_lines(data, name):
        try:
            yield from _decoder.decode_lines(lines)
        except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
            raise BrokenObject(name, "has an unreadable record") from None


def encode_quarantine(message: Message, reason: str, *, security: bool = False) -> bytes:
    """One message set aside, with the reason; uncompressed, so that a person can read it at once."""
    record = msgspec.structs.replace(_record(message), reason=reason, security=security)
    return msgspec.json.format(_encoder.encode(record), indent=1) + b"\n"


def decode_quarantine(data: bytes, *, name: str = "quarantined message") -> RawRecord:
    """Read a message that was set aside."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
        raise BrokenObject(name, "is not a quarantined message") from None


def _record(message: Message) -> RawRecord:
    try:
        return RawRecord(id=message.id, sent=message.sent, body=message.body.decode("utf-8"))
    except UnicodeDecodeError:
        return RawRecord(id=message.id, sent=message.sent, base64=message.body)
