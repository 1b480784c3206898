"""Move one tenant's feedback from its queue into the bucket: store first, delete after. Dying anywhere loses nothing.

A message may come twice and is then stored twice; every rule counts an event once, by its id.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.feedback.facts import encode_facts
from provisioner.feedback.keys import facts_key, quarantine_key, raw_key
from provisioner.feedback.parse import Accepted, Control, Quarantined, Source, parse_message
from provisioner.feedback.raw import encode_quarantine, encode_raw
from provisioner.model.event import Event
from provisioner.model.manifest import Manifest
from provisioner.ports import Archive, Conflict, FeedbackQueue, Message


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue is emptied. ``clock`` names the objects: what is stored later must sort later."""

    clock: Callable[[], datetime]
    seconds_left: Callable[[], float] = lambda: float("inf")
    reserve: float = 60.0  # seconds kept for storing and deleting what was received
    threads: int = 4
    chunk: int = 1000  # messages stored as one object; far below what a visibility time-out allows
    chunk_bytes: int = 8_000_000
    empty_answers: int = 2  # in a row before giving up: SQS may answer nothing although messages wait
    most: int | None = None  # messages in one run


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What one run saw. Only ``depth`` hints at what is left: an empty answer does not prove an empty queue."""

    tenant: str
    seen: int = 0
    stored: int = 0  # accepted and control messages
    duplicate: int = 0  # the same message twice in this run, or content that was stored already
    quarantined: int = 0
    security: int = 0  # of these: claims to be, or is, somebody else's
    kept_in_queue: int = 0  # stored, but SQS would not delete them: they come again and are counted once
    events: dict[str, int] = {}  # by kind
    flags: dict[str, int] = {}
    objects: tuple[str, ...] = ()
    facts: dict[str, bytes] = {}  # those of the objects that an audit reads
    oldest: datetime | None = None  # when the oldest message seen was sent
    stopped: str = ""  # why the run ended before the queue fell silent; empty if it fell silent
    depth: int | None = None  # afterwards, approximate; None: not asked
    error: str = ""


class _Sorted(msgspec.Struct):
    """One chunk, read."""

    events: list[Event]
    kept: list[Message]
    aside: list[tuple[Message, Quarantined]]
    flags: dict[str, int]


def source_of(manifest: Manifest) -> Source:
    """The names that a message of this tenant must carry."""
    return Source(
        tenant=manifest.tenant,
        configuration_set=manifest.configuration_set,
        topic_arn=manifest.topic_arn,
        account=manifest.account,
        domain=manifest.domain,
    )


def collect(manifest: Manifest, queue: FeedbackQueue, archive: Archive, drain: Drain) -> Collected:
    """Drain one tenant's queue until it falls silent, the deadline nears, or ``drain.most`` is reached.

    Errors of AWS end the run and are told in ``error``; what was not stored stays in the queue.
    """
    total = Collected(tenant=manifest.tenant)
    try:
        while True:
            chunk, why = gather(queue, drain, total.seen)
            if chunk:
                total = add(total, store(manifest, queue, archive, chunk, drain.clock()))
            if why is not None:
                return msgspec.structs.replace(total, stopped=why, depth=queue.depth())
    except (InnkeeperError, Conflict) as err:
        return msgspec.structs.replace(total, stopped="error", error=str(err))


def gather(queue: FeedbackQueue, drain: Drain, seen: int) -> tuple[list[Message], str | None]:
    """One chunk, and why nothing should follow it (None: go on; empty: the queue fell silent)."""
    chunk: list[Message] = []
    empty = size = 0
    most = drain.chunk if drain.most is None else min(drain.chunk, drain.most - seen)
    # The first call goes alone: most queues hold a few messages, or none.
    workers = 1
    with ThreadPoolExecutor(drain.threads) as pool:
        while len(chunk) < most and size < drain.chunk_bytes:
            if drain.seconds_left() < drain.reserve:
                return chunk, "out of time"
            rounds = [queue.receive()] if workers == 1 else list(pool.map(lambda _: queue.receive(), range(workers)))
            got = [message for batch in rounds for message in batch]
            chunk += got
            size += sum(len(message.body) for message in got)
            empty = 0 if got else empty + workers
            if empty >= drain.empty_answers:
                return chunk, ""
            workers = drain.threads if got and len(got) > len(rounds) * 5 else 1
    if drain.most is not None and seen + len(chunk) >= drain.most:
        return chunk, "limit of this run"
    return chunk, None


def store(
    manifest: Manifest, queue: FeedbackQueue, archive: Archive, messages: Sequence[Message], now: datetime
) -> Collected:
    """Store messages and their events, then delete them. Nothing is deleted unless everything was stored."""
    # A message whose visibility time-out ended comes twice; only its latest receipt can delete it.
    latest = {message.id: message for message in messages}
    chunk = read(latest.values(), source_of(manifest))
    objects = []
    read_later: dict[str, bytes] = {}
    stored_before = 0
    if chunk.kept:
        raw = encode_raw(sorted(chunk.kept, key=lambda message: (message.sent, message.id)))
        objects.append(raw_key(manifest.tenant, now, raw))
        stored_before += 0 if archive.put_new(objects[-1], raw) else len(chunk.kept)
    if chunk.events:
        facts = encode_facts(manifest.tenant, chunk.events)
        objects.append(facts_key(manifest.tenant, now, facts))
        archive.put_new(objects[-1], facts)
        read_later[objects[-1]] = facts
    for message, why in chunk.aside:
        body = encode_quarantine(message, why.reason, security=why.security)
        objects.append(quarantine_key(manifest.tenant, message.sent, body))
        stored_before += 0 if archive.put_new(objects[-1], body) else 1
    left = queue.delete(list(latest.values()))
    return Collected(
        tenant=manifest.tenant,
        seen=len(messages),
        stored=len(chunk.kept),
        duplicate=len(messages) - len(latest) + stored_before,
        quarantined=len(chunk.aside),
        security=sum(why.security for _, why in chunk.aside),
        kept_in_queue=len(left),
        events=_tally(str(event.kind) for event in chunk.events),
        flags=chunk.flags,
        objects=tuple(objects),
        facts=read_later,
        oldest=min(message.sent for message in messages),
    )


def read(messages: Iterable[Message], source: Source) -> _Sorted:
    """Parse messages: events, what to keep as evidence, what to set aside."""
    chunk = _Sorted([], [], [], {})
    for message in messages:
        parsed = parse_message(message.body, source, arrived=int(message.sent.timestamp() * 1000))
        if isinstance(parsed, Quarantined):
            chunk.aside.append((message, parsed))
            continue
        chunk.kept.append(message)
        flags: tuple[str, ...] = (f"control:{parsed.kind}",) if isinstance(parsed, Control) else parsed.flags
        chunk.flags = _sum(chunk.flags, dict.fromkeys(flags, 1))
        if isinstance(parsed, Accepted):
            chunk.events += parsed.events
    return chunk


def add(one: Collected, two: Collected) -> Collected:
    """Two parts of one run together."""
    return Collected(
        tenant=one.tenant,
        seen=one.seen + two.seen,
        stored=one.stored + two.stored,
        duplicate=one.duplicate + two.duplicate,
        quarantined=one.quarantined + two.quarantined,
        security=one.security + two.security,
        kept_in_queue=one.kept_in_queue + two.kept_in_queue,
        events=_sum(one.events, two.events),
        flags=_sum(one.flags, two.flags),
        objects=one.objects + two.objects,
        facts=one.facts | two.facts,
        oldest=min((time for time in (one.oldest, two.oldest) if time), default=None),
    )


def _tally(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _sum(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(two)).items()))
