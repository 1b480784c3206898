"""Make AWS match a standing: read, compare, act in order, read back. Only reconciles; decides nothing."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from provisioner.conduct.changes import Change, Plan, plan_blocks, plan_levers
from provisioner.conduct.documents import suspended_since
from provisioner.conduct.forgotten import read_key
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Enforcement, Standing

MISSING_SHOWN = 50
READ_BACKS = 4


class Pace(msgspec.Struct, frozen=True):
    """How long enforcement may take. ``seconds_left`` is asked before each block; ``wait`` sleeps.

    IAM takes seconds to show a change, so reading back is tried a few times.
    """

    seconds_left: Callable[[], float] = lambda: float("inf")
    wait: Callable[[float], None] = lambda _seconds: None
    reserve: float = 30.0  # seconds kept for writing down what was done


class Enforced(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be changed, what AWS shows now, and whether somebody had reopened a suspended tenant."""

    tenant: str
    changes: tuple[Change, ...]
    enforcement: Enforcement
    reopened: bool = False
    acted: bool = False


def pending(standing: Standing, now: datetime) -> Standing:
    """The standing with its enforcement marked as owed: whoever reads it next completes it."""
    before = standing.enforcement
    owed = Enforcement(at=now, complete=False, missing=("not enforced yet",), opened=before.opened if before else None)
    return msgspec.structs.replace(standing, enforcement=owed)


def due(standing: Standing, now: datetime) -> bool:
    """Whether AWS must be looked at: quiet tenants in order cost no call."""
    done = standing.enforcement
    if not standing.state.may_send or _reinstatement_waits(standing):
        return True
    if done is None:
        return bool(standing.blocks)
    ends = [block.until for block in standing.blocks.values()]
    ends += [block.until for block in standing.forgotten.values()]
    return not done.complete or any(until and done.at < until <= now for until in ends)


def enforce(
    manifest: Manifest,
    standing: Standing,
    outside: Outside,
    now: datetime,
    *,
    pace: Pace | None = None,
    released: Iterable[str] = (),
    check: bool = False,
    undo: bool = False,
) -> Enforced:
    """Make AWS match ``standing``; with ``check`` only say what would be changed.

    ``undo``: this very run closed the tenant by a standing that turned out to be outdated; if it may send by a
    person's word, it is opened again.

    A lever that is refused stops no other. The result's enforcement is complete only if reading back showed it.
    """
    run = _Run(manifest, standing, outside, now, pace or Pace(), tuple(released), undo=undo)
    first = run.look()
    if check:
        return run.result(first, first, failures=(), acted=False)
    failures = run.act(first.changes)
    last = run.read_back() if first.changes else first
    return run.result(first, last, failures, acted=bool(first.changes))


def _reinstatement_waits(standing: Standing) -> bool:
    opened = standing.enforcement.opened if standing.enforcement else None
    return standing.state.may_send and standing.reinstated is not None and standing.reinstated != opened


class _Run:
    """One enforcement of one tenant."""

    def __init__(
        self,
        manifest: Manifest,
        standing: Standing,
        outside: Outside,
        now: datetime,
        pace: Pace,
        released: tuple[str, ...],
        *,
        undo: bool,
    ) -> None:
        self.manifest = manifest
        self.standing = standing
        self.outside = outside
        self.now = now
        self.pace = pace
        self.released = released
        waits = _reinstatement_waits(standing) or (undo and standing.state.may_send)
        self.lift = waits and not self._suspended_later()
        self.key = self._key() if standing.forgotten else b""

    def _key(self) -> bytes:
        """What tells forgotten blocks from others; a suspension must not wait for it."""
        try:
            return read_key(self.outside.archive)
        except InnkeeperError:
            return b""  # then nothing is taken off whose reason is not known

    def _suspended_later(self) -> bool:
        """A standing restored from a backup may hold a reinstatement that a later suspension ended."""
        reinstated = self.standing.reinstated
        return reinstated is None or suspended_since(self.outside.archive, self.manifest.tenant, reinstated)

    def look(self) -> Plan:
        """Compare everything. Closing comes before blocks, opening after them."""
        levers = plan_levers(self.standing, self.outside.levers.read(self.manifest), lift=self.lift)
        blocks = self._look_at_blocks()
        parts = (blocks, levers) if self.standing.state.may_send else (levers, blocks)
        return Plan(
            changes=tuple(change for part in parts for change in part.changes),
            drift=levers.drift + blocks.drift,
            overflow=blocks.overflow,
        )

    def _look_at_blocks(self) -> Plan:
        blocklist, manifest = self.outside.blocklist, self.manifest
        suppressed = blocklist.suppressed(manifest) if manifest.ses_tenant else None
        return plan_blocks(
            self.standing, suppressed, blocklist.denied(manifest), self.now, released=self.released, key=self.key
        )

    def act(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Take the steps; the words of those that failed, with the error."""
        failures = []
        for change in changes:
            if change.lever in ("suppress", "unsuppress") and self.pace.seconds_left() < self.pace.reserve:
                continue  # time is up: reading back will list it as missing, and the next run goes on
            try:
                self._do(change)
            except InnkeeperError as err:
                failures.append(f"{change.words}: {err.args[0]}")
        return tuple(failures)

    def _do(self, change: Change) -> None:
        levers, blocklist, manifest = self.outside.levers, self.outside.blocklist, self.manifest
        match change.lever:
            case "set":
                levers.set_sending(manifest, enabled=change.on)
            case "deny":
                levers.set_denied(manifest, denied=change.on)
            case "key":
                levers.set_key(manifest, change.subject, active=change.on)
            case "tenant":
                levers.set_tenant(manifest, enabled=change.on)
            case "suppress":
                blocklist.suppress(manifest, change.subject)
            case "unsuppress":
                blocklist.unsuppress(manifest, change.subject)
            case "shard":
                blocklist.write_shard(manifest, change.shard, change.recipients)
            case other:
                raise InnkeeperError(f"there is no lever {other!r}", hint="please report this")

    def read_back(self) -> Plan:
        """What is still to do, after giving AWS a moment to show what was done."""
        plan = self.look()
        for attempt in range(READ_BACKS - 1):
            if not plan.changes or self.pace.seconds_left() < self.pace.reserve:
                break
            self.pace.wait(2.0**attempt)
            plan = self.look()
        return plan

    def result(self, first: Plan, last: Plan, failures: tuple[str, ...], *, acted: bool) -> Enforced:
        """Missing is what reading back still shows as undone, in the words of the failure where there is one."""
        missing = [next((f for f in failures if f.startswith(c.words)), c.words) for c in last.changes]
        before = self.standing.enforcement
        complete = not last.changes
        opened = before.opened if before else None
        if complete and self.lift:
            opened = self.standing.reinstated
        shown = missing[:MISSING_SHOWN]
        if len(missing) > len(shown):
            shown.append(f"and {len(missing) - len(shown)} more")
        return Enforced(
            tenant=self.manifest.tenant,
            changes=first.changes,
            enforcement=Enforcement(
                at=self.now,
                complete=complete,
                missing=tuple(shown),
                drift=last.drift,
                opened=opened,
                overflow=len(last.overflow),
            ),
            reopened=bool(before and before.complete and not self.standing.state.may_send)
            and any(change.lever in ("set", "deny", "key", "tenant") for change in first.changes),
            acted=acted,
        )
