"""Judge many tenants, several at a time: reading their documents is mostly waiting. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct import bundles
from provisioner.conduct.copies import Copy, current
from provisioner.conduct.each import each
from provisioner.conduct.enforce import Pace
from provisioner.conduct.facts import new_keys
from provisioner.conduct.judge import Case, Judged, judge, open_case
from provisioner.conduct.run import Settings
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive
from provisioner.rules import Outage, resolve_policy


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
    batches: Mapping[str, Sequence[str]] | None = None,
) -> Bench:
    """Judge ``tenants``; those in ``strict`` by the strict profile. Half of the time is kept for acting.

    ``batches`` are those of which copies may be kept; whoever's copy holds is not read.
    """
    copies = current(archive, batches, settings.workers) if batches else {}
    cases, not_judged = _open_all(tenants, archive, settings, strict, copies)
    marks = {case.manifest.tenant: case.mark for case in cases}
    keys = new_keys(archive, marks, now) if marks else {}
    at_hand = _bundled(cases, keys, archive, batches or {}, settings.workers)
    least = max(pace.seconds_left() / 2, pace.reserve)

    def judged(case: Case) -> Judged | InnkeeperError | None:
        if pace.seconds_left() < least:
            return None
        try:
            return judge(
                case,
                archive,
                now,
                keys=keys[case.manifest.tenant],
                at_hand=at_hand,
                drill=settings.drill,
                outages=outages,
            )
        except InnkeeperError as err:
            return err

    found = list(zip(cases, each(judged, cases, settings.workers), strict=True))
    failed = {case.manifest.tenant: str(one) for case, one in found if isinstance(one, InnkeeperError)}
    return Bench(
        judged=tuple(one for _, one in found if isinstance(one, Judged)),
        not_judged=not_judged | failed,
        left=tuple(case.manifest.tenant for case, one in found if one is None),
    )


def _bundled(
    cases: Sequence[Case],
    keys: Mapping[str, Sequence[str]],
    archive: Archive,
    batches: Mapping[str, Sequence[str]],
    workers: int,
) -> dict[str, bytes]:
    fresh = {case.manifest.tenant: case.fresh(keys[case.manifest.tenant]) for case in cases}
    wanted = {batch: [key for tenant in tenants for key in fresh.get(tenant, ())] for batch, tenants in batches.items()}
    return bundles.load(archive, wanted, workers)


def _open_all(
    tenants: Sequence[str],
    archive: Archive,
    settings: Settings,
    strict: Collection[str],
    copies: Mapping[str, Copy],
) -> tuple[list[Case], dict[str, str]]:
    """All cases, those judged longest ago first: a run that ends early does not always end at the same tenant."""

    def opened(tenant: str) -> Case | InnkeeperError:
        profile = "strict" if tenant in strict else ""
        try:
            if tenant in copies:
                return _case(copies[tenant], settings.overrides, profile)
            return open_case(archive, tenant, settings.overrides, profile=profile)
        except InnkeeperError as err:
            return err

    found = each(opened, tenants, settings.workers)
    not_judged = {
        tenant: str(one) for tenant, one in zip(tenants, found, strict=True) if isinstance(one, InnkeeperError)
    }
    cases = [one for one in found if isinstance(one, Case)]
    cases.sort(key=lambda case: (case.standing.judged is not None, case.standing.judged, case.manifest.tenant))
    return cases, not_judged


def _case(copy: Copy, overrides: Mapping[str, Any], profile: str) -> Case:
    manifest = copy.manifest
    return Case(
        manifest=manifest,
        manifest_etag=copy.manifest_etag,
        standing=copy.standing,
        etag=copy.etag,
        policy=resolve_policy(profile or manifest.profile, overrides, manifest.overrides),
        last=copy.last,
    )
