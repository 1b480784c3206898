"""Do what was judged: store each standing, enforce it, send its notices; and hold the limit on how many are stopped."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from provisioner.conduct import documents, ledger
from provisioner.conduct.carry_out import Done, carry_out, released_by
from provisioner.conduct.enforce import Pace, due
from provisioner.conduct.judge import Judged, judge, open_case
from provisioner.conduct.notify import owed
from provisioner.conduct.outside import Outside
from provisioner.conduct.run import Report, Settings
from provisioner.conduct.store import store
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict
from provisioner.rules import Outage, condemns, limit_of, resolve_policy


def fleet_size(archive: Archive, settings: Settings) -> int:
    return settings.fleet if settings.fleet is not None else sum(1 for _ in documents.tenants(archive))


def check(tenants: Iterable[str], archive: Archive, now: datetime, settings: Settings) -> None:
    """Raise TooManyError if these, all that the run's count let through, and those of this week are too many."""
    condemned = set(tenants)
    if settings.force or not condemned:
        return
    fleet = fleet_size(archive, settings)
    limit = limit_of(fleet, resolve_policy("standard", settings.overrides))
    ledger.check(archive, ledger.week(now), condemned | settings.approved, limit=limit, fleet=fleet)


def act(report: Report, outside: Outside, now: datetime, settings: Settings, pace: Pace) -> Report:
    """Store and carry out, the tenants to be stopped first: blocks may take long, levers must not wait for them."""
    quiet = [documents.standing_key(one.tenant) for one in report.judged if one.quiet]
    tags = documents.tags(outside.archive, quiet)
    failed: dict[str, str] = {}
    done, left, acted = [], [], []
    for one in sorted(report.judged, key=lambda one: one.verdict.after.may_send):
        if pace.seconds_left() < pace.reserve:
            left.append(one.tenant)
            continue
        try:
            stored = _store(one, outside.archive, now, settings, report.outages, tags)
            done += _follow(stored, outside, now, pace)
            acted.append(stored)
        except (InnkeeperError, Conflict) as err:
            failed[one.tenant] = str(err)
    order = {one.tenant: n for n, one in enumerate(report.judged)}
    return msgspec.structs.replace(
        report,
        judged=tuple(sorted(acted, key=lambda one: order[one.tenant])),
        not_judged=report.not_judged | failed,
        left=(*report.left, *left),
        done=tuple(done),
    )


def _store(
    one: Judged,
    archive: Archive,
    now: datetime,
    settings: Settings,
    outages: tuple[Outage, ...],
    tags: Mapping[str, str],
) -> Judged:
    """Store the standing, but for a quiet tenant's: ``tags`` show whether what is stored is still what was judged."""

    def again() -> Judged:
        case = open_case(archive, one.tenant, settings.overrides, profile=one.case.policy.profile)
        return judge(case, archive, now, outages=outages, drill=settings.drill)

    def guard(each: Judged) -> None:
        if not condemns(each.verdict):
            return
        counted = each.tenant in settings.approved
        if not counted:
            check([each.tenant], archive, now, settings)
        ledger.record(archive, ledger.week(now), each.tenant)
        if not counted:
            # Other batches act at the same time: both may have passed the first look, neither passes this one.
            check([each.tenant], archive, now, settings)

    if one.quiet and tags.get(documents.standing_key(one.tenant)) != one.case.etag:
        one = again()
    return one if one.quiet else store(one, archive, now, again=again, guard=guard)


def _follow(one: Judged, outside: Outside, now: datetime, pace: Pace) -> list[Done]:
    standing = one.verdict.standing
    must_enforce = due(standing, now)
    if not must_enforce and not owed(standing):
        return []
    return [
        carry_out(
            one.case.manifest,
            outside,
            now,
            pace=pace,
            released=released_by(one.verdict),
            must_enforce=must_enforce,
        )
    ]
