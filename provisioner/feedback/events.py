"""From one decoded SES record to events: one per recipient, each decided by its own action and status."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from provisioner.feedback import wire
from provisioner.feedback.classify import (
    BLOCK_OF_TYPE,
    OTHER_TYPES,
    bounce_kind,
    complaint_kind,
    is_relay,
    read_status,
    reject_kind,
)
from provisioner.feedback.recipients import NOBODY, Target
from provisioner.feedback.record import LONGEST_WORD, Record, Unidentified, open_record
from provisioner.model.event import Event, Kind

LONGEST_DIAGNOSTIC = 200
MOST_RECIPIENTS = 1000  # SES accepts 50 per message

_T = TypeVar("_T")

# Fields without which the kind of a bounce would be a guess.
_DECIDES_BOUNCE = (
    "bounce.bounceType",
    "bounce.bounceSubType",
    "bounce.bouncedRecipients",
    "bounce.bouncedRecipients.action",
    "bounce.bouncedRecipients.status",
)

# Where two reports about one address disagree, the earlier in this list is believed: the one that does less.
_MILDEST = (
    Kind.DELIVERY,
    Kind.DELAY,
    Kind.UNKNOWN,
    Kind.AUTO_REPLY,
    Kind.ECHO,
    Kind.UNDETERMINED,
    Kind.CONTENT,
    Kind.RELAY,
    Kind.POLICY,
    Kind.SOFT,
    Kind.HARD,
)


def read_events(body: wire.Body, damaged: frozenset[str], arrived: int) -> tuple[Event, ...]:
    """Read a record. Raises Unidentified if its events could not be told from any other record's."""
    record, block = open_record(body, damaged, arrived)
    read = _READERS.get(record.type)
    if read is None:
        return (_unread(record, block, Kind.OTHER if record.type in OTHER_TYPES else Kind.UNKNOWN),)
    if block is None:
        return (_blockless(record, body),)
    return read(record, block)


# -- one reader per type -------------------------------------------------------------------------------


def _bounces(record: Record, bounce: wire.Bounce) -> tuple[Event, ...]:
    guess = record.is_damaged(*_DECIDES_BOUNCE)
    certain = bool(bounce.bounce_type and bounce.bounce_sub_type) and not guess
    events = []
    for recipient, target in _targets(record, bounce.bounced_recipients):
        kind = _bounce_kind(bounce, recipient, target)
        event = record.event(
            Kind.UNDETERMINED if guess and kind not in (Kind.ECHO, Kind.UNKNOWN) else kind,
            target if certain else target.nobody(),
            status=read_status(recipient.status),
            subtype=(bounce.bounce_sub_type or "")[:LONGEST_WORD],
            diagnostic=(recipient.diagnostic_code or "")[:LONGEST_DIAGNOSTIC],
        )
        events.append(event)
    return _one_per_id(events)


def _bounce_kind(bounce: wire.Bounce, recipient: wire.Recipient, target: Target) -> Kind:
    """Look the recipient up; a relay address counts whether it was written to or forwarded to."""
    address = target.reported if is_relay(target.reported) else target.recipient
    status = read_status(recipient.status)
    return bounce_kind(bounce.bounce_type, bounce.bounce_sub_type, recipient.action, status, address)


def _complaints(record: Record, complaint: wire.Complaint) -> tuple[Event, ...]:
    """One event however many candidates are listed: a complaint is one person's."""
    targets = {target.key: target for _, target in _targets(record, complaint.complained_recipients)}
    culprit = next(iter(targets.values())) if len(targets) == 1 else NOBODY
    if record.is_damaged("complaint.complainedRecipients"):
        culprit = NOBODY
    candidates = 1 if culprit.recipient else max(2, len(targets))
    kind = complaint_kind(complaint.complaint_sub_type, complaint.complaint_feedback_type, candidates)
    if record.is_damaged("complaint.complaintSubType", "complaint.complaintFeedbackType"):
        kind, culprit = Kind.UNKNOWN, NOBODY  # it might have been the opposite of a complaint
    event = record.event(
        kind,
        Target(culprit.recipient, culprit.reported, culprit.recipient),
        subtype=(complaint.complaint_sub_type or complaint.complaint_feedback_type or "")[:LONGEST_WORD],
        recipients=len(targets) if kind is Kind.AMBIGUOUS_COMPLAINT else 1,
    )
    simulator = any(target.simulator for target in targets.values())
    return (msgspec.structs.replace(event, simulator=simulator),)


def _deliveries(record: Record, delivery: wire.Delivery) -> tuple[Event, ...]:
    if not delivery.recipients:
        return (record.event(Kind.DELIVERY, NOBODY),)
    targets = [record.to.find(text, i) for i, text in enumerate(_limited(delivery.recipients))]
    return _one_per_id(record.event(Kind.DELIVERY, target) for target in targets)


def _delays(record: Record, delay: wire.Delay) -> tuple[Event, ...]:
    return _one_per_id(
        record.event(
            Kind.DELAY,
            target,
            status=read_status(recipient.status),
            subtype=(delay.delay_type or "")[:LONGEST_WORD],
            diagnostic=(recipient.diagnostic_code or "")[:LONGEST_DIAGNOSTIC],
        )
        for recipient, target in _targets(record, delay.delayed_recipients)
    )


def _rejects(record: Record, reject: wire.Reject) -> tuple[Event, ...]:
    """One event per message: what was rejected is the message, whoever it was for."""
    target = Target(record.to.only, record.to.only, "")
    return (record.event(reject_kind(reject.reason), target, subtype=(reject.reason or "")[:LONGEST_WORD]),)


_READERS: dict[str, Callable[..., tuple[Event, ...]]] = {
    "Bounce": _bounces,
    "Complaint": _complaints,
    "Delivery": _deliveries,
    "DeliveryDelay": _delays,
    "Reject": _rejects,
}

# -- records that are not as documented ------------------------------------------------------------------


_BLOCKLESS = {
    "Bounce": Kind.UNDETERMINED,
    "Complaint": Kind.UNKNOWN,
    "Delivery": Kind.DELIVERY,
    "DeliveryDelay": Kind.DELAY,
    "Reject": Kind.REJECT,
}


def _blockless(record: Record, body: wire.Body) -> Event:
    """Read a known type without its block: counted for the tenant, nobody's strike; with another's block: unknown."""
    contradicted = any(getattr(body, block) is not None for block in BLOCK_OF_TYPE.values())
    kind = Kind.UNKNOWN if contradicted else _BLOCKLESS[record.type]
    return record.event(kind, NOBODY, subtype=record.type if kind is Kind.UNKNOWN else "")


def _unread(record: Record, block: Any, kind: Kind) -> Event:
    """Read a type without a reader. Some come many times for one message, so its time is part of its identity."""
    moment = getattr(block, "timestamp", None) or ""
    return record.event(kind, Target(record.to.only, record.to.only, moment), subtype=record.type)


def _targets(record: Record, recipients: list[wire.Recipient] | None) -> list[tuple[wire.Recipient, Target]]:
    """Each listed recipient with the address it stands for; one nameless recipient where none are listed."""
    listed = _limited(recipients or [wire.Recipient()])
    return [(recipient, record.to.find(recipient.email_address, i)) for i, recipient in enumerate(listed)]


def _limited(listed: list[_T]) -> list[_T]:
    if len(listed) > MOST_RECIPIENTS:
        raise Unidentified(f"lists more than {MOST_RECIPIENTS} recipients")
    return listed


def _one_per_id(events: Iterable[Event]) -> tuple[Event, ...]:
    """One event for each id: where an address is listed twice, the mildest report."""
    best: dict[str, Event] = {}
    for event in events:
        other = best.setdefault(event.id, event)
        if _MILDEST.index(event.kind) < _MILDEST.index(other.kind):
            best[event.id] = event
    return tuple(best.values())
