"""Collect many tenants' queues and the dead letters; judge at once what cannot wait. One failing stops no other."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct import bundles, undelivered
from provisioner.conduct.at_once import AtOnce, judge_at_once, tell
from provisioner.conduct.collect import Collected, Drain, add, collect, gather, store
from provisioner.conduct.documents import read_manifest
from provisioner.conduct.each import each
from provisioner.conduct.enforce import Pace
from provisioner.conduct.outside import Outside
from provisioner.conduct.readings import remember
from provisioner.conduct.sentinel import NobodyError, manifest_of_message
from provisioner.errors import InnkeeperError
from provisioner.feedback.attribution import Source
from provisioner.feedback.envelope import topic_of
from provisioner.feedback.keys import quarantine_key
from provisioner.feedback.raw import encode_quarantine
from provisioner.model.event import Kind
from provisioner.ports import Conflict, Message

# Only these can make a fast rule act; without any, the audit is early enough.
_PRESSING = frozenset({Kind.VIRUS, Kind.HARD, Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT})
NOBODY = "_nobody"  # quarantine of dead letters that no tenant's topic sent


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: one entry per tenant asked for, and what was judged at once."""

    at: datetime
    of: int
    collected: tuple[Collected, ...]
    at_once: tuple[AtOnce, ...] = ()
    failed: dict[str, str] = {}  # tenant -> why it was not collected, or not judged at once
    left: tuple[str, ...] = ()  # out of time before their turn
    unnoted: str = ""  # why it was not noted whose queue was read to its end

    @property
    def complete(self) -> bool:
        """Whether every queue was read until it fell silent."""
        undone = any(done and done.errors for done in (one.done for one in self.at_once))
        return not (self.failed or self.left or self.unnoted or undone or any(one.stopped for one in self.collected))

    @property
    def more(self) -> bool:
        """Whether asking again would bring more: time ran out, or somebody has very much."""
        return bool(self.left) or any(one.stopped and one.stopped != "error" for one in self.collected)

    @property
    def sentence(self) -> str:
        seen = sum(one.seen for one in self.collected)
        aside = sum(one.quarantined for one in self.collected)
        return f"{len(self.collected)} of {self.of} queues read: {seen} messages, {aside} quarantined"


def collect_all(
    tenants: Sequence[str],
    outside: Outside,
    drain: Drain,
    *,
    overrides: Mapping[str, Any] | None = None,
    fast: bool = True,
    drill: bool = False,
    most_each: int = 20_000,
    workers: int = 8,
    pace: Pace | None = None,
    batch: str = "",
) -> Run:
    """Collect each tenant's queue, ``workers`` at a time: reading a quiet queue is mostly waiting for its answer.

    A tenant with very much waits for its rest, so that the others are not late. ``batch`` names these tenants where
    others are collected at the same time; the end of that run calls ``readings.merge``.
    """
    now = drain.clock()
    limited = msgspec.structs.replace(drain, most=most_each)
    found = each(lambda tenant: _collect_one(tenant, outside, limited), tenants, workers, some=1)
    collected = tuple(one for one in found if isinstance(one, Collected))
    failed = {one.tenant: one.error for one in collected if one.error}
    failed |= {tenant: str(one) for tenant, one in zip(tenants, found, strict=True) if isinstance(one, InnkeeperError)}
    for one in collected:
        if one.security:
            tell(outside, f"{one.tenant}: messages that are not its own", _foreign(one))
    unnoted = _note(collected, outside, now, batch, drain.clock)
    pressing = [one.tenant for one in collected if fast and _PRESSING & one.events.keys()]
    at_once = _judge(pressing, outside, drain.clock, failed, overrides, drill=drill, pace=pace)
    return Run(
        at=now,
        of=len(tenants),
        collected=collected,
        at_once=tuple(at_once),
        failed=failed,
        left=tuple(tenant for tenant, one in zip(tenants, found, strict=True) if one is None),
        unnoted=unnoted,
    )


def _note(
    collected: Sequence[Collected], outside: Outside, now: datetime, batch: str, clock: Callable[[], datetime]
) -> str:
    """Note whose queue was read to its end, and bundle a batch's facts; why that failed, if it did.

    Nothing that was collected is lost by it.
    """
    try:
        remember(outside.archive, [one.tenant for one in collected if not one.stopped], now, batch=batch)
        if batch:
            facts = {key: body for one in collected for key, body in one.facts.items()}
            bundles.keep(outside.archive, batch, clock(), facts)
    except (InnkeeperError, Conflict) as err:
        return str(err)
    return ""


def _collect_one(tenant: str, outside: Outside, drain: Drain) -> Collected | InnkeeperError | None:
    """What was collected, why nothing was, or None: out of time before its turn."""
    if drain.seconds_left() <= drain.reserve:
        return None
    try:
        manifest = read_manifest(outside.archive, tenant)
    except InnkeeperError as err:
        return err
    return collect(manifest, outside.queue(manifest), outside.archive, drain)


def _judge(
    tenants: Sequence[str],
    outside: Outside,
    clock: Callable[[], datetime],
    failed: dict[str, str],
    overrides: Mapping[str, Any] | None,
    *,
    drill: bool,
    pace: Pace | None,
) -> list[AtOnce]:
    judged = []
    for tenant in tenants:
        try:
            judged.append(judge_at_once(tenant, outside, clock(), overrides=overrides, drill=drill, pace=pace))
        except (InnkeeperError, Conflict) as err:
            failed[tenant] = str(err)
    return judged


def _foreign(one: Collected) -> str:
    return (
        f"{one.security} messages in the queue of {one.tenant} claim to be somebody else's. They were set aside and "
        f"counted for nobody.\nLook at quarantine/{one.tenant}/ in the bucket for the reasons."
    )


def collect_dead_letters(outside: Outside, prefix: str, drain: Drain, *, notices: Source) -> Collected:
    """Drain the dead-letter queue: each message goes where its topic says, the rest into quarantine.

    ``notices``: what is about the platform's own mail, as ``undelivered.source_of_notices`` gives it.
    """
    total = Collected(tenant="dead-letters")
    queue = outside.dead_letters()
    try:
        while True:
            chunk, why = gather(queue, drain, total.seen)
            for owner, messages in _by_owner(chunk, outside, prefix, notices).items():
                if owner == notices.tenant:
                    part = undelivered.store(notices, queue, outside.archive, messages, drain.clock())
                elif owner:
                    manifest = read_manifest(outside.archive, owner)
                    part = store(manifest, queue, outside.archive, messages, drain.clock())
                else:
                    part = _set_aside(messages, outside)
                    queue.delete(messages)
                total = add(total, part)
            if why is not None:
                return msgspec.structs.replace(total, stopped=why, depth=queue.depth())
    except (InnkeeperError, Conflict) as err:
        return msgspec.structs.replace(total, stopped="error", error=str(err))


def _by_owner(messages: Sequence[Message], outside: Outside, prefix: str, notices: Source) -> dict[str, list[Message]]:
    """Messages by tenant; those of nobody under an empty name. A manifest that cannot be read raises."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        if topic_of(message.body) == notices.topic_arn:
            found.setdefault(notices.tenant, []).append(message)
            continue
        try:
            owner = manifest_of_message(outside.archive, message.body, prefix).tenant
        except NobodyError:
            owner = ""
        found.setdefault(owner, []).append(message)
    return found


def _set_aside(messages: Sequence[Message], outside: Outside) -> Collected:
    for message in messages:
        body = encode_quarantine(message, "a dead letter that no tenant's topic sent")
        outside.archive.put_new(quarantine_key(NOBODY, message.sent, body), body)
    return Collected(
        tenant="dead-letters",
        seen=len(messages),
        quarantined=len(messages),
        oldest=min(message.sent for message in messages),
    )
