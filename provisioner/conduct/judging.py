"""Judge many tenants, several at a time: reading their documents is mostly waiting. Reads only."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import msgspec

from provisioner.conduct.enforce import Pace
from provisioner.conduct.facts import new_keys
from provisioner.conduct.judge import Case, Judged, judge, open_case
from provisioner.conduct.run import Settings
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive
from provisioner.rules import Outage

T = TypeVar("T")
R = TypeVar("R")
_SOME = 16  # tenants handed to a thread at once


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Who was judged, who could not be and why, and for whom the time did not suffice."""

    judged: tuple[Judged, ...] = ()
    not_judged: dict[str, str] = {}
    left: tuple[str, ...] = ()


def judge_all(
    tenants: Sequence[str],
    archive: Archive,
    now: datetime,
    settings: Settings,
    pace: Pace,
    *,
    outages: tuple[Outage, ...] = (),
    strict: Collection[str] = (),
) -> Bench:
    """Judge ``tenants``; those in ``strict`` by the strict profile. Half of the time is kept for acting."""
    cases, not_judged = _open_all(tenants, archive, settings, strict)
    marks = {case.manifest.tenant: case.standing.watermark for case in cases}
    keys = new_keys(archive, marks, now) if marks else {}
    least = max(pace.seconds_left() / 2, pace.reserve)

    def judged(case: Case) -> Judged | InnkeeperError | None:
        if pace.seconds_left() < least:
            return None
        try:
            return judge(case, archive, now, keys=keys[case.manifest.tenant], drill=settings.drill, outages=outages)
        except InnkeeperError as err:
            return err

    found = list(zip(cases, _each(judged, cases, settings.workers), strict=True))
    failed = {case.manifest.tenant: str(one) for case, one in found if isinstance(one, InnkeeperError)}
    return Bench(
        judged=tuple(one for _, one in found if isinstance(one, Judged)),
        not_judged=not_judged | failed,
        left=tuple(case.manifest.tenant for case, one in found if one is None),
    )


def _open_all(
    tenants: Sequence[str], archive: Archive, settings: Settings, strict: Collection[str]
) -> tuple[list[Case], dict[str, str]]:
    """All cases, those judged longest ago first: a run that ends early does not always end at the same tenant."""

    def opened(tenant: str) -> Case | InnkeeperError:
        try:
            return open_case(archive, tenant, settings.overrides, profile="strict" if tenant in strict else "")
        except InnkeeperError as err:
            return err

    found = _each(opened, tenants, settings.workers)
    not_judged = {
        tenant: str(one) for tenant, one in zip(tenants, found, strict=True) if isinstance(one, InnkeeperError)
    }
    cases = [one for one in found if isinstance(one, Case)]
    cases.sort(key=lambda case: (case.standing.judged is not None, case.standing.judged, case.manifest.tenant))
    return cases, not_judged


def _each(work: Callable[[T], R], items: Sequence[T], workers: int) -> list[R]:
    """``work`` on every item, in order, in threads; some at a time, for handing over single ones costs too."""
    size = max(1, min(_SOME, len(items) // (4 * workers)))
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    with ThreadPoolExecutor(workers) as pool:
        return [one for part in pool.map(lambda part: [work(item) for item in part], parts) for one in part]
