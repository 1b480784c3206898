"""A drill: prove on the live account that a bounce becomes a block and that the block holds.

Amazon's mailbox simulator bounces one mail of the tenant. Its event must come through topic, queue and bucket, the
rules must want its address blocked, AWS must then refuse the next mail to it, and let it through once the block is
gone. Only this one address is judged, apart from the tenant's standing, which gets no strike from it. A drill that
was killed leaves at most one block of a simulator address: it ends by itself, and the next drill removes it first.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from provisioner.conduct import documents
from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.enforce import Pace, pending
from provisioner.conduct.facts import new_keys, position, read_rows
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.feedback.classify import SIMULATOR_DOMAIN
from provisioner.model.event import Event, Kind
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Block, Standing
from provisioner.model.verdict import BlockRecipient
from provisioner.ports import Conflict
from provisioner.rules import decide, resolve_policy
from provisioner.smtp import Refused

_MARK = "bounce+drill-"
_ENDS_AFTER = timedelta(hours=2)  # the block of a drill that was killed and never repeated
_TRIES = 5
_DENIED = 554

Send = Callable[[str], str]  # one mail of the tenant to an address: SES's message id. Raises Refused


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """The clock, how to wait, and for how long: IAM and SES show a change after seconds or minutes."""

    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    patience: timedelta = timedelta(minutes=5)
    pause: float = 3.0
    deadline: datetime | None = None  # no waiting after it, however patient; removing the block comes after it


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the chain that was seen to work. ``seconds`` since the one before."""

    name: str
    at: datetime
    seconds: float
    words: str = ""


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """How far it came. ``problem`` empty: the whole chain works."""

    tenant: str
    run: str
    recipient: str
    hops: tuple[Hop, ...]
    removed: tuple[str, ...] = ()  # remains of an earlier drill
    problem: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem

    @property
    def seconds(self) -> float:
        return round(sum(hop.seconds for hop in self.hops), 3)


def recipient_of(run: str) -> str:
    """The simulator's address of one drill: SES ignores the label, everything of ours sees another address."""
    return f"{_MARK}{run.lower()}@{SIMULATOR_DOMAIN}"


def of_a_drill(address: str) -> bool:
    """Whether an address can only be a drill's."""
    return address.startswith(_MARK) and address.endswith(f"@{SIMULATOR_DOMAIN}")


def drill(
    manifest: Manifest,
    outside: Outside,
    send: Send,
    timing: Timing,
    *,
    run: str,
    overrides: Mapping[str, Any] | None = None,
    on_hop: Callable[[Hop], None] = lambda _hop: None,
) -> Drill:
    """Walk the chain; what failed stands in the result. Raises InnkeeperError where no drill is possible.

    Whatever happens, the block is removed again, and what the queue held of real feedback is stored as usual.
    """
    standing, _ = documents.read_standing(outside.archive, manifest.tenant)
    if not standing.state.may_send:
        raise InnkeeperError(
            f"{manifest.tenant} is {standing.state}: its mail is refused anyway, so a drill would prove nothing",
            hint="drill another tenant",
        )
    chain = _Chain(manifest, outside, send, timing, run=run, overrides=overrides or {}, on_hop=on_hop)
    removed = chain.clear_remains()
    problem = hint = ""
    try:
        chain.walk()
    except (InnkeeperError, Conflict) as err:
        problem, hint = str(err.args[0]), getattr(err, "hint", "")
    finally:
        if chain.blocked:
            chain.release()
    result = Drill(
        tenant=manifest.tenant,
        run=run,
        recipient=chain.recipient,
        hops=tuple(chain.hops),
        removed=removed,
        problem=problem,
        hint=hint,
    )
    outside.archive.put_new(f"runs/drills/{manifest.tenant}/{run}.json", documents.pretty(result))
    return result


class _Chain:
    """The hops of one drill."""

    def __init__(
        self,
        manifest: Manifest,
        outside: Outside,
        send: Send,
        timing: Timing,
        *,
        run: str,
        overrides: Mapping[str, Any],
        on_hop: Callable[[Hop], None],
    ) -> None:
        self.manifest = manifest
        self.outside = outside
        self.send = send
        self.timing = timing
        self.run = run
        self.overrides = overrides
        self.on_hop = on_hop
        self.recipient = recipient_of(run)
        self.hops: list[Hop] = []
        self.blocked = False
        self._began = self._last = timing.clock()
        self._read: set[str] = set()
        self._events: dict[str, Event] = {}  # of this drill's recipient, by message id

    def walk(self) -> None:
        """All hops, in order."""
        message = self.send(self.recipient)
        self._hop("sent", f"SES took it as {message}")
        bounce = self._event(message)
        self._hop("bounced", f"SES published a bounce ({bounce.status})", _moment(bounce.at))
        self._hop("queued", "it came through topic and queue", _moment(bounce.arrived))
        self._hop("stored", "the collector put it into the bucket")
        action = self._judge(bounce)
        self._hop("judged", action.evidence.sentence)
        self._block(action)
        self._hop("blocked", f"read back from AWS: {self._where() or 'nowhere'}")
        self._hop("kept back", self._refused())
        self.release()
        self._hop("unblocked", "read back from AWS: no block left")
        self._hop("open again", f"SES took a mail to the same address as {self._taken()}")

    def _hop(self, name: str, words: str, at: datetime | None = None) -> None:
        """Note a hop. ``at``: when it happened by AWS's clock, which may differ a little from ours."""
        when = at or self.timing.clock()
        seconds = max(0.0, (when - self._last).total_seconds())
        self._last = max(self._last, when)
        self.hops.append(Hop(name=name, at=when, seconds=round(seconds, 3), words=words))
        self.on_hop(self.hops[-1])

    def _until(self, found: Callable[[], Any], problem: str, hint: str) -> Any:
        """The first thing that ``found`` finds; InnkeeperError once patience is at an end."""
        began = self.timing.clock()
        end = min(began + self.timing.patience, self.timing.deadline or datetime.max.replace(tzinfo=UTC))
        while True:
            result = found()
            if result:
                return result
            if self.timing.clock() >= end:
                minutes = max(0.0, round((end - began).total_seconds() / 60, 1))
                raise InnkeeperError(f"{problem} within {minutes:g} minutes", hint=hint)
            self.timing.wait(self.timing.pause)

    def _event(self, message: str) -> Event:
        event: Event = self._until(
            lambda: self._look_for(message),
            "no event of the mail arrived",
            f"'innkeeper apply {self.manifest.tenant}' sets the policies of topic and queue; look for the message "
            "with 'innkeeper collect --dead-letters', and at alarms of the collector",
        )
        return event

    def _look_for(self, message: str) -> Event | None:
        """Collect what waits, whoever's turn it is, then look through what is new in the bucket."""
        tenant, archive = self.manifest.tenant, self.outside.archive
        drain = Drain(clock=self.timing.clock, threads=1, empty_answers=1)
        collected = collect_all([tenant], self.outside, drain, overrides=self.overrides)
        if tenant in collected.failed:
            raise InnkeeperError(f"the queue could not be collected: {collected.failed[tenant]}")
        since = {tenant: position(tenant, self._began)}
        keys = [key for key in new_keys(archive, since, self.timing.clock())[tenant] if key not in self._read]
        for row in read_rows(archive, tenant, keys):
            if isinstance(row, Event) and row.recipient == self.recipient:
                self._events[row.message_id] = row
        self._read.update(keys)
        return self._events.get(message)

    def _judge(self, event: Event) -> BlockRecipient:
        """The rules' word on this one event, apart from the tenant's own standing. One bounce must be enough."""
        manifest = self.manifest
        once = {"hard.recipient.strikes": 1}
        policy = resolve_policy(manifest.profile, self.overrides, manifest.overrides, once)
        alone = Standing(tenant=manifest.tenant)
        verdict = decide([event], alone, policy, self.timing.clock(), domain=manifest.domain, drill=True)
        for action in verdict.actions:
            if isinstance(action, BlockRecipient) and action.recipient == self.recipient:
                return action
        raise InnkeeperError(
            f"the rules do not block the address: the event is a {event.kind}, status {event.status or 'none'}",
            hint="the simulator's bounce should be a hard one: please report this",
        )

    def _block(self, action: BlockRecipient) -> None:
        now = self.timing.clock()
        entry = Block(
            reason="hard", since=now, until=now + _ENDS_AFTER, by=f"drill {self.run}", evidence=action.evidence
        )
        self.blocked = True  # from here on there is something to undo
        done = self._change(lambda blocks: {**blocks, self.recipient: entry})
        if not self._where():
            raise InnkeeperError("AWS shows no block of the address: " + ("; ".join(done) or "nothing was refused"))

    def release(self) -> None:
        """Take the block away again, from the standing and from AWS. Harmless to repeat."""
        self._remove([self.recipient])
        self.blocked = False

    def clear_remains(self) -> tuple[str, ...]:
        """Remove what a killed drill left, in the standing or in AWS."""
        standing, _ = documents.read_standing(self.outside.archive, self.manifest.tenant)
        left = sorted({one for one in (*standing.blocks, *self._in_aws()) if of_a_drill(one)})
        if left:
            self._remove(left)
        return tuple(left)

    def _remove(self, addresses: Iterable[str]) -> None:
        gone = set(addresses)
        done = self._change(lambda blocks: {a: b for a, b in blocks.items() if a not in gone}, released=gone)
        if gone & self._in_aws():
            raise InnkeeperError(
                "a block of the drill is still in AWS: " + ("; ".join(done) or "nothing was refused"),
                hint="run the drill again: it begins by removing it",
            )

    def _change(
        self, change: Callable[[dict[str, Block]], dict[str, Block]], released: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Change the blocks in the standing, whoever else writes, and make AWS follow; what was not done, in words."""
        archive, tenant, now = self.outside.archive, self.manifest.tenant, self.timing.clock()
        for _ in range(_TRIES):
            standing, etag = documents.read_standing(archive, tenant)
            blocks = change(standing.blocks)
            try:
                if blocks != standing.blocks:
                    after = pending(msgspec.structs.replace(standing, blocks=blocks), now)
                    documents.write_standing(archive, after, etag)
                break
            except Conflict:
                continue
        else:
            raise InnkeeperError(f"{tenant}: its standing kept changing", hint="run the drill again")
        done = carry_out(self.manifest, self.outside, now, pace=Pace(wait=self.timing.wait), released=released)
        missing = done.enforced.enforcement.missing if done.enforced else ()
        return (*done.errors, *missing)

    def _in_aws(self) -> frozenset[str]:
        blocklist = self.outside.blocklist
        denied = {one for members in blocklist.denied(self.manifest).values() for one in members}
        return blocklist.suppressed(self.manifest) | denied

    def _where(self) -> str:
        blocklist = self.outside.blocklist
        found = {
            "the SES tenant's suppression list": self.recipient in blocklist.suppressed(self.manifest),
            "a Deny policy": any(self.recipient in each for each in blocklist.denied(self.manifest).values()),
        }
        return " and ".join(place for place, there in found.items() if there)

    def _refused(self) -> str:
        """How the next mail to the address is stopped: refused at once, or accepted and kept back."""

        def stopped() -> str:
            try:
                message = self.send(self.recipient)
            except Refused as refusal:
                return _only_denied(refusal)
            event = self._event(message)
            return f"SES took it and kept it back: {event.subtype}" if event.kind is Kind.ECHO else ""

        words: str = self._until(
            stopped,
            "the next mail to the blocked address still went out",
            "compare 'innkeeper enforce --check' with the user's policies in IAM and the SES tenant's list",
        )
        return words

    def _taken(self) -> str:
        """The id of a mail that is accepted again."""

        def taken() -> str:
            try:
                return self.send(self.recipient)
            except Refused as refusal:
                _only_denied(refusal)
                return ""

        message: str = self._until(
            taken, "the address was still refused after its block was removed", "look at the user's policies in IAM"
        )
        return message


def _only_denied(refusal: Refused) -> str:
    """The refusal in words. Any other than a denial is a problem of its own, so it is raised."""
    if refusal.code != _DENIED:
        raise refusal
    return f"refused: {refusal.code} {refusal.answer}"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)
