"""Events in a few words, and shorthands for what a verdict decided."""

import itertools
from datetime import UTC, datetime, timedelta

from provisioner.model.event import Event, Kind
from provisioner.model.standing import Standing
from provisioner.model.verdict import BlockRecipient
from provisioner.rules import decide, resolve_policy

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
STANDARD = resolve_policy("standard")
_numbers = itertools.count()


def ms(moment):
    return int(moment.timestamp() * 1000)


def event(kind, to="", *, ago=timedelta(days=2), id_="", now=NOW, **more):
    """One event, ``ago`` before ``now``; ids differ unless given."""
    at = ms(now - ago)
    return Event(
        kind=kind, id=id_ or f"{kind}-{next(_numbers)}", at=at, arrived=at + 60_000, message_id="", recipient=to, **more
    )


def many(kind, count, *, domain="web.de", name="person", **more):
    """``count`` events about as many different people."""
    return [event(kind, f"{name}{i}@{domain}", **more) for i in range(count)]


def delivered(count, **more):
    return many(Kind.DELIVERY, count, **{"name": "reader", **more})


def bounced(count, **more):
    return many(Kind.HARD, count, **{"name": "gone", "status": "5.1.1", **more})


def complained(count, **more):
    return many(Kind.COMPLAINT, count, **{"name": "angry", "domain": "yahoo.com", **more})


def viruses(count, *, ago=timedelta(days=2), **more):
    return [event(Kind.VIRUS, f"v{i}@web.de", ago=ago - timedelta(seconds=i), **more) for i in range(count)]


def judged(*events, standing=None, policy=STANDARD, now=NOW, **more):
    """The verdict on some lists of events."""
    flat = [each for part in events for each in (part if isinstance(part, list) else [part])]
    return decide(flat, standing or Standing(tenant="bakery"), policy, now, **more)


def blocked(verdict):
    return sorted(verdict.standing.blocks)


def newly_blocked(verdict):
    return sorted(one.recipient for one in verdict.actions if isinstance(one, BlockRecipient))


def names(verdict):
    """What the verdict does, without the blocks: ``suspend hard``."""
    words = []
    for one in verdict.actions:
        if not isinstance(one, BlockRecipient):
            tag = type(one).__struct_config__.tag
            words.append(f"{tag} {getattr(one, 'kind', None) or getattr(one, 'recipient', '')}")
    return words


def notices(standing):
    return [one.kind for one in standing.outbox]


def finding(verdict, rule):
    """The evidence of one rule's finding; None if it found nothing."""
    return next((one.evidence for one in verdict.findings if one.evidence.rule == rule), None)
