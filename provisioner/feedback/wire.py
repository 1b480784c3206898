"""The JSON of SES, typed: only the fields we read; SES may add others at any time.

Decoding is strict first, which is fast. Where a field has a type it should not have, the same JSON is read again
tolerantly: what fits is kept, and the name of each field that does not is noted as *damaged*.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin

import msgspec


class Recipient(msgspec.Struct, rename="camel"):
    """One of ``bouncedRecipients``, ``complainedRecipients`` or ``delayedRecipients``."""

    email_address: str | None = None
    action: str | None = None
    status: str | None = None
    diagnostic_code: str | None = None


class Bounce(msgspec.Struct, rename="camel"):
    """``bounce``."""

    bounce_type: str | None = None
    bounce_sub_type: str | None = None
    bounced_recipients: list[Recipient] | None = None
    timestamp: str | None = None
    feedback_id: str | None = None


class Complaint(msgspec.Struct, rename="camel"):
    """``complaint``."""

    complained_recipients: list[Recipient] | None = None
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None
    timestamp: str | None = None
    feedback_id: str | None = None


class Delivery(msgspec.Struct, rename="camel"):
    """``delivery``."""

    recipients: list[str] | None = None
    timestamp: str | None = None


class Delay(msgspec.Struct, rename="camel"):
    """``deliveryDelay``."""

    delayed_recipients: list[Recipient] | None = None
    delay_type: str | None = None
    timestamp: str | None = None


class Reject(msgspec.Struct, rename="camel"):
    """``reject``: it has no time of its own."""

    reason: str | None = None


class Stamped(msgspec.Struct, rename="camel"):
    """The block of a type that we keep and need not understand."""

    timestamp: str | None = None


class Mail(msgspec.Struct, rename="camel"):
    """``mail``: all that is known of the message itself."""

    timestamp: str | None = None
    message_id: str | None = None
    source_arn: str | None = None
    sending_account_id: str | None = None
    destination: list[str] | None = None
    tags: dict[str, list[str]] | None = None


class Sns(msgspec.Struct, rename="pascal"):
    """The envelope of an SNS message, also as Lambda receives it."""

    type: str | None = None
    topic_arn: str | None = None
    message: str | None = None


class LambdaRecord(msgspec.Struct):
    """One of ``Records[]``: an SNS message, or an SQS message with its body."""

    sns: Sns | None = msgspec.field(name="Sns", default=None)
    body: str | None = None


class Body(msgspec.Struct, rename="camel"):
    """Whatever a queue's message can hold: an SNS envelope, Lambda's records, or an event itself."""

    records: list[LambdaRecord] | None = msgspec.field(name="Records", default=None)
    type: str | None = msgspec.field(name="Type", default=None)
    topic_arn: str | None = msgspec.field(name="TopicArn", default=None)
    message: str | None = msgspec.field(name="Message", default=None)

    event_type: str | None = None
    notification_type: str | None = None
    mail: Mail | None = None
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None
    delivery_delay: Delay | None = None
    reject: Reject | None = None
    send: Stamped | None = None
    open: Stamped | None = None
    click: Stamped | None = None
    failure: Stamped | None = None
    subscription: Stamped | None = None


class Decoded(msgspec.Struct):
    """A body, and the dotted names of the fields whose type was wrong."""

    body: Body
    damaged: frozenset[str] = frozenset()


class Unreadable(Exception):
    """The bytes are no JSON object."""


_strict: Callable[[bytes | str], Body] = msgspec.json.Decoder(Body).decode


def decode(data: bytes | str) -> Decoded:
    """Read a JSON object. Raises Unreadable for anything else, however it is malformed."""
    try:
        return Decoded(_strict(data))
    except msgspec.ValidationError:
        return _tolerant(data)
    except (msgspec.DecodeError, UnicodeError):
        raise Unreadable("is not JSON") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None


def _tolerant(data: bytes | str) -> Decoded:
    try:
        raw = msgspec.json.decode(data)
        if isinstance(raw, dict) and isinstance(raw.get("Message"), dict):
            # Some test tools send the event as an object instead of as text.
            raw["Message"] = msgspec.json.encode(raw["Message"]).decode()
    except (msgspec.MsgspecError, UnicodeError):
        raise Unreadable("is not JSON") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    if isinstance(raw, str):  # JSON inside a string inside a string
        return Decoded(Body(message=raw))
    if not isinstance(raw, dict):
        raise Unreadable("is JSON, but not an object")
    damaged: set[str] = set()
    body: Body = _salvage_struct(Body, raw, "", damaged)
    return Decoded(body, frozenset(damaged))


def _salvage_struct(struct: type[Any], raw: dict[str, Any], path: str, damaged: set[str]) -> Any:
    """Build ``struct`` from the fields of ``raw`` that fit."""
    values = {}
    for field, name, kind in _fields(struct):  # type: ignore[arg-type,unused-ignore]
        if name in raw:
            values[field] = _salvage(kind, raw[name], f"{path}.{name}" if path else name, damaged)
    return struct(**values)


def _salvage(kind: Any, raw: Any, path: str, damaged: set[str]) -> Any:
    """Read ``raw`` as ``kind`` (an optional type); None and a note in ``damaged`` if it is something else."""
    if raw is None:
        return None
    wanted = get_args(kind)[0]
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and isinstance(raw, dict):
        return _salvage_struct(wanted, raw, path, damaged)
    if get_origin(wanted) is list and isinstance(raw, list):
        item = get_args(wanted)[0] | None
        kept = [_salvage(item, entry, path, damaged) for entry in raw]
        if None in kept:
            damaged.add(path)
        return [entry for entry in kept if entry is not None]
    if get_origin(wanted) is dict and isinstance(raw, dict):
        item = get_args(wanted)[1] | None
        pairs = {name: _salvage(item, value, f"{path}.{name}", damaged) for name, value in raw.items()}
        return {name: value for name, value in pairs.items() if value is not None}
    if wanted is str and isinstance(raw, str):
        return raw
    damaged.add(path)
    return None


@cache
def _fields(struct: Any) -> tuple[tuple[str, str, Any], ...]:
    return tuple((field.name, field.encode_name, field.type) for field in msgspec.structs.fields(struct))
