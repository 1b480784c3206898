"""What every SES record has, whatever its type: a type, an id, a time, destinations."""

import msgspec

from provisioner.feedback import wire
from provisioner.feedback.classify import BLOCK_OF_TYPE, EVENT_TYPES, NO_TYPE
from provisioner.feedback.recipients import Destinations, Target, event_id
from provisioner.feedback.stamps import to_millis
from provisioner.model.event import Event, Kind

LONGEST_ID = 200
LONGEST_WORD = 100  # types, sub-types, reasons


class Unidentified(Exception):
    """It cannot be told from other records: no type, no id. The text becomes the reason for quarantine."""


class Record(msgspec.Struct):
    """What all readers of blocks share."""

    type: str
    message_id: str
    at: int
    arrived: int
    to: Destinations
    damaged: frozenset[str]
    feedback_id: str = ""

    def event(self, kind: Kind, target: Target, **details: str | int) -> Event:
        """Make the event of one recipient; the type is part of its identity, the kind is not."""
        identity = self.feedback_id or self.message_id
        return Event(
            kind=kind,
            id=event_id(self.type, identity, target.key),
            at=self.at,
            arrived=self.arrived,
            message_id=self.message_id,
            recipient=target.recipient,
            simulator=target.simulator,
            **details,  # type: ignore[arg-type]
        )

    def is_damaged(self, *names: str) -> bool:
        """Whether one of these fields had a wrong type."""
        return bool(self.damaged) and any(name in self.damaged for name in names)


def open_record(body: wire.Body, damaged: frozenset[str], arrived: int) -> tuple[Record, msgspec.Struct | None]:
    """Read what all types share, and find the type's own block. Raises Unidentified."""
    type_ = _type_of(body)
    block_name = BLOCK_OF_TYPE.get(type_)
    block = getattr(body, block_name) if block_name else None
    mail = body.mail or wire.Mail()
    record = Record(
        type=type_,
        message_id=_identifier(mail.message_id),
        feedback_id=_identifier(getattr(block, "feedback_id", None)),
        at=_time(getattr(block, "timestamp", None), mail.timestamp, arrived),
        arrived=arrived,
        to=Destinations(mail.destination, trusted="mail.destination" not in damaged),
        damaged=damaged,
    )
    if not (record.message_id or record.feedback_id):
        raise Unidentified("has neither a message id nor a feedback id")
    return record, block


def _type_of(body: wire.Body) -> str:
    """Find the type by its name or, where there is no name, by the one block that is there."""
    named = body.event_type or body.notification_type or ""
    if named not in NO_TYPE:
        return EVENT_TYPES.get(named, named[:LONGEST_WORD])
    present = [name for name, block in BLOCK_OF_TYPE.items() if getattr(body, block) is not None]
    if len(present) != 1:
        raise Unidentified("has no type")
    return present[0]


def _identifier(text: str | None) -> str:
    """Accept an id that can be one: short, visible ASCII. Otherwise give an empty string."""
    if text and len(text) <= LONGEST_ID and text.isascii() and text.isprintable():
        return text.strip()
    return ""


def _time(block: str | None, mail: str | None, arrived: int) -> int:
    """Read the block's own time, else the mail's, else the arrival."""
    for text in (block, mail):
        if text and (millis := to_millis(text)) is not None:
            return millis
    return arrived
