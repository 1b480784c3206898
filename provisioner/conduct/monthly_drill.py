"""The drill that runs by itself: whose turn it is, how long it may take, and what its alarm and its log line say."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from provisioner.conduct import documents
from provisioner.conduct.drill import Drill, Timing
from provisioner.conduct.enforce import Pace
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.ports import Archive

# Lambda ends a function after 15 minutes. What is left of them may be spent on waiting for AWS but for this much:
# taking the block away again, however slowly SES and IAM answer, and noting the result.
TIDY_SECONDS = 120.0


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of this month's drill. ``tenant`` empty: nobody may send, so there was nothing to prove."""

    tenant: str
    result: Drill | None = None
    problem: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def monthly_drill(
    archive: Archive,
    walk: Callable[[str], Drill],
    now: datetime,
    *,
    verified: Callable[[Manifest], bool],
    tenant: str | None = None,
) -> Drilled:
    """Drill the named tenant, or the one whose turn it is. A drill that is impossible counts as one that failed.

    ``verified``: whether SES lets the tenant's domain send at all; one that is still being set up proves nothing.
    """
    names = () if tenant else tuple(documents.tenants(archive))
    name = tenant or whose_turn(names, lambda each: _may_send(archive, each, verified), now)
    if not name:
        return Drilled(tenant="")
    try:
        result = walk(name)
    except InnkeeperError as err:
        return Drilled(tenant=name, problem=str(err.args[0]), hint=err.hint or "")
    return Drilled(tenant=name, result=result, problem=result.problem, hint=result.hint)


def whose_turn(names: Sequence[str], may_send: Callable[[str], bool], now: datetime) -> str | None:
    """Another tenant each month, in the order of their names; those that may not send are passed over."""
    start = (now.year * 12 + now.month) % len(names) if names else 0
    return next((name for name in (*names[start:], *names[:start]) if may_send(name)), None)


def _may_send(archive: Archive, tenant: str, verified: Callable[[Manifest], bool]) -> bool:
    """Whether its standing can be read and lets it send; a broken one is the audit's to report."""
    try:
        standing, _ = documents.read_standing(archive, tenant)
        return standing.state.may_send and verified(documents.read_manifest(archive, tenant))
    except InnkeeperError:
        return False


def timing(clock: Callable[[], datetime], pace: Pace, *, pause: float) -> Timing:
    """Patience for every hop, and an end to all of it that leaves time to tidy up."""
    left = pace.seconds_left() - TIDY_SECONDS
    end = clock() + timedelta(seconds=max(left, 0.0)) if left != float("inf") else None
    return Timing(clock=clock, wait=pace.wait, pause=pause, deadline=end)


def drill_summary(drilled: Drilled) -> dict[str, Any]:
    """For the log line: no address but the simulator's."""
    if not drilled.tenant:
        return {"summary": "no tenant may send, so there was nothing to prove", "tenant": ""}
    hops = drilled.result.hops if drilled.result else ()
    return {
        "summary": f"{drilled.tenant}: " + ("the whole chain works" if drilled.ok else drilled.problem),
        "tenant": drilled.tenant,
        "hint": drilled.hint,
        "hops": {hop.name: hop.seconds for hop in hops},
        "removed": len(drilled.result.removed) if drilled.result else 0,
    }


def drill_metrics(drilled: Drilled) -> dict[str, float]:
    """What the alarm reads."""
    return {"DrillFailed": 0 if drilled.ok else 1}
