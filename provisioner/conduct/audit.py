"""The audit: judge every tenant, count, only then act. ``audit`` is all of it, ``propose_batch`` its first phase."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from provisioner.conduct import documents, ledger
from provisioner.conduct.at_once import tell
from provisioner.conduct.carry_out import Done, carry_out, released_by
from provisioner.conduct.enforce import Pace, due
from provisioner.conduct.facts import new_keys
from provisioner.conduct.fleet import guard_account, without_outages
from provisioner.conduct.judge import Case, Judged, judge, open_case
from provisioner.conduct.notify import owed
from provisioner.conduct.outside import Outside, read_only
from provisioner.conduct.run import Report, Settings
from provisioner.conduct.store import store
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict
from provisioner.rules import AccountGuard, Outage, resolve_policy
from provisioner.rules.blast_radius import condemns, limit_of

__all__ = ["Report", "Settings", "audit", "propose_batch"]


def audit(
    tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, *, pace: Pace | None = None
) -> Report:
    """Judge all ``tenants``, check the blast radius, then store, enforce and notify one by one.

    A tenant that cannot be judged is left as it stands, and stops no other. A dry run changes nothing.
    """
    pace = pace or Pace()
    world = read_only(outside) if settings.dry_run else outside
    report = _judge_all(tenants, world, now, settings, pace)
    _tell_of_account(report, outside, dry_run=settings.dry_run)
    try:
        _check(report.condemned, world.archive, now, settings)
    except ledger.TooManyError as err:
        if not settings.dry_run:
            tell(outside, "Audit stopped: too many tenants would be suspended", str(err))
        return msgspec.structs.replace(report, stopped=str(err))
    if settings.dry_run:
        return report
    return _act(report, outside, now, settings, pace)


def propose_batch(
    tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, *, batch: str, pace: Pace | None = None
) -> Report:
    """Phase one of a run in batches: judge, and note what would be done. ``settings.run`` names the run."""
    report = _judge_all(tenants, outside, now, settings, pace or Pace())
    ledger.propose(
        outside.archive,
        ledger.Proposal(
            run=settings.run,
            batch=batch,
            judged=len(report.judged),
            of=report.of,
            condemned=report.condemned,
            not_judged=report.not_judged,
        ),
    )
    return report


def _judge_all(tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, pace: Pace) -> Report:
    cases, not_judged = _open_all(tenants, outside.archive, settings)
    judged, failed, left = _judge_cases(cases, outside.archive, now, pace, drill=settings.drill)
    judged, outages = without_outages(judged, outside.archive, now, settings)
    guard = AccountGuard()
    if not settings.run and len(tenants) >= _fleet_size(outside.archive, settings):
        judged, guard = guard_account(judged, outside, now, settings, outages)
    return Report(
        at=now,
        of=len(tenants),
        judged=tuple(judged),
        not_judged=not_judged | failed,
        left=left,
        condemned=tuple(one.tenant for one in judged if condemns(one.verdict)),
        outages=outages,
        account=outside.account.read(),
        guard=guard,
        dry_run=settings.dry_run,
    )


def _open_all(tenants: Sequence[str], archive: Archive, settings: Settings) -> tuple[list[Case], dict[str, str]]:
    """All cases, those judged longest ago first: a run that ends early does not always end at the same tenant."""

    def opened(tenant: str) -> Case | InnkeeperError:
        try:
            return open_case(archive, tenant, settings.overrides)
        except InnkeeperError as err:
            return err

    with ThreadPoolExecutor(settings.workers) as pool:
        found = list(pool.map(opened, tenants))
    not_judged = {
        tenant: str(one) for tenant, one in zip(tenants, found, strict=True) if isinstance(one, InnkeeperError)
    }
    cases = [one for one in found if isinstance(one, Case)]
    cases.sort(key=lambda case: (case.standing.judged is not None, case.standing.judged, case.manifest.tenant))
    return cases, not_judged


def _judge_cases(
    cases: Sequence[Case], archive: Archive, now: datetime, pace: Pace, *, drill: bool
) -> tuple[list[Judged], dict[str, str], tuple[str, ...]]:
    budget = pace.seconds_left() / 2  # the other half is for acting
    failed: dict[str, str] = {}
    watermarks = {}
    for case in cases:
        watermarks[case.manifest.tenant] = case.standing.watermark
    keys = new_keys(archive, watermarks, now) if watermarks else {}
    judged: list[Judged] = []
    for n, case in enumerate(cases):
        if pace.seconds_left() < max(budget, pace.reserve):
            return judged, failed, tuple(case.manifest.tenant for case in cases[n:])
        try:
            judged.append(judge(case, archive, now, keys=keys[case.manifest.tenant], drill=drill))
        except InnkeeperError as err:
            failed[case.manifest.tenant] = str(err)
    return judged, failed, ()


def _fleet_size(archive: Archive, settings: Settings) -> int:
    return settings.fleet if settings.fleet is not None else sum(1 for _ in documents.tenants(archive))


def _check(tenants: Iterable[str], archive: Archive, now: datetime, settings: Settings) -> None:
    """Raise TooManyError if these, every other batch's and those already done this week are too many."""
    if settings.force:
        return
    condemned = set(tenants)
    if settings.run:
        condemned |= {tenant for batch in ledger.proposals(archive, settings.run) for tenant in batch.condemned}
    if not condemned:
        return
    fleet = _fleet_size(archive, settings)
    policy = resolve_policy("standard", settings.overrides)
    ledger.check(archive, ledger.week(now), condemned, limit=limit_of(fleet, policy), fleet=fleet)


def _act(report: Report, outside: Outside, now: datetime, settings: Settings, pace: Pace) -> Report:
    """Store and carry out, the tenants to be stopped first: blocks may take long, levers must not wait for them."""
    failed: dict[str, str] = {}
    done, left = [], []
    for one in sorted(report.judged, key=lambda one: one.verdict.after.may_send):
        if pace.seconds_left() < pace.reserve:
            left.append(one.tenant)
            continue
        try:
            stored = _store(one, outside.archive, now, settings, report.outages)
            done += _follow(stored, outside, now, pace)
        except (InnkeeperError, Conflict) as err:
            failed[one.tenant] = str(err)
    acted = tuple(one for one in report.judged if one.tenant not in failed and one.tenant not in left)
    return msgspec.structs.replace(
        report,
        judged=acted,
        not_judged=report.not_judged | failed,
        left=(*report.left, *left),
        done=tuple(done),
    )


def _store(one: Judged, archive: Archive, now: datetime, settings: Settings, outages: tuple[Outage, ...]) -> Judged:
    def again() -> Judged:
        case = open_case(archive, one.tenant, settings.overrides, profile=one.case.policy.profile)
        return judge(case, archive, now, outages=outages, drill=settings.drill)

    def guard(each: Judged) -> None:
        if condemns(each.verdict):
            _check([each.tenant], archive, now, settings)
            ledger.record(archive, ledger.week(now), each.tenant)

    return store(one, archive, now, again=again, guard=guard)


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


def _tell_of_account(report: Report, outside: Outside, *, dry_run: bool) -> None:
    account = report.account
    if dry_run:
        return
    if report.guard.findings:
        text = "\n\n".join(finding.evidence.sentence for finding in report.guard.findings)
        tell(outside, "The account's bounce or complaint rate is near Amazon's limit", text)
    if account is None or (account.sending_enabled and account.enforcement != "SHUTDOWN"):
        return
    tell(
        outside,
        "AWS has stopped sending for the whole account",
        f"Amazon SES sends nothing for this account (enforcement status: {account.enforcement}).\n"
        "Tenants are still judged, each by its own mail only; none is blamed for this.\n"
        "Look for AWS's mail to the account's address, and at the support case it names.",
    )
