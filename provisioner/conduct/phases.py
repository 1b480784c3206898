"""The audit of a large fleet, in batches: judge every batch, count over all of them, act on every batch, publish.

Each phase may run twice or die anywhere. What a batch found and what was decided are notes in the bucket, so the
phases share no memory; a run that died is finished by the next one, which judges anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from provisioner.conduct import batches, ledger, notes
from provisioner.conduct.acting import act, check, fleet_size
from provisioner.conduct.at_once import tell
from provisioner.conduct.audit import STOPPED, tell_of_account
from provisioner.conduct.aws_view import watch
from provisioner.conduct.enforce import Pace
from provisioner.conduct.fleet import share
from provisioner.conduct.judge import Judged
from provisioner.conduct.judging import Bench, judge_all
from provisioner.conduct.notes import Acted, Decision, Hours, Line, Proposal
from provisioner.conduct.outside import Outside
from provisioner.conduct.pages import Published, publish_pages
from provisioner.conduct.run import Report, Settings
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive
from provisioner.report import ReportData
from provisioner.rules import (
    AccountGuard,
    AccountMetrics,
    Outage,
    account_guard,
    condemns,
    hard_bounce_hours,
    provider_outages,
    resolve_policy,
)


def judge_batch(
    tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, *, batch: str, pace: Pace | None = None
) -> Proposal:
    """Phase one: judge, change nothing, and note what would be done. ``settings.run`` names the run."""
    bench = judge_all(tenants, outside.archive, now, settings, pace or Pace(), batches={batch: tenants})
    policy = resolve_policy("standard", settings.overrides)
    shares = {one.tenant: share(one) for one in bench.judged}
    proposal = Proposal(
        run=settings.run,
        batch=batch,
        judged=len(bench.judged),
        of=len(tenants),
        condemned=tuple(one.tenant for one in bench.judged if condemns(one.verdict)),
        not_judged=bench.not_judged,
        left=bench.left,
        hours={
            one.tenant: tuple(Hours(*key, count) for key, count in tally.items())
            for one in bench.judged
            if (tally := hard_bounce_hours(one.verdict.standing, policy, now))
        },
        shares={tenant: each for tenant, each in shares.items() if each.hard or each.complainants},
    )
    notes.write_judged(outside.archive, settings.run, batch, bench.judged)
    notes.write(outside.archive, notes.proposed_key(settings.run, batch), proposal)
    return proposal


def count(outside: Outside, now: datetime, settings: Settings, *, pace: Pace | None = None) -> Decision:
    """Between the phases: look at the fleet as a whole and decide, once, whether the run goes on.

    Asked again it gives the same answer: what was decided lies in the bucket. A batch that proposed nothing has
    no part in it; what it condemns later is held to the same limit.
    """
    archive = outside.archive
    known = notes.read(archive, notes.decision_key(settings.run), Decision)
    if known is not None:
        return known
    proposals = list(notes.read_all(archive, f"runs/{settings.run}/proposed/", Proposal))
    decision = _decide(proposals, outside, now, settings, pace or Pace())
    tell_of_account(decision.account, decision.guard, outside)
    decision = msgspec.structs.replace(decision, amazon=watch(outside, now))
    if decision.stopped:
        tell(outside, STOPPED, decision.stopped)
    notes.write(archive, notes.decision_key(settings.run), decision)
    return decision


def _decide(proposals: Sequence[Proposal], outside: Outside, now: datetime, settings: Settings, pace: Pace) -> Decision:
    archive = outside.archive
    policy = resolve_policy("standard", settings.overrides)
    tallies = {tenant: _tally(hours) for each in proposals for tenant, hours in each.hours.items()}
    outages = provider_outages(tallies.values(), policy, now)
    rates = outside.account.rates(now)
    metrics = AccountMetrics(bounce_rate=rates.bounce_rate, complaint_rate=rates.complaint_rate)
    guard = account_guard(metrics, {t: each for p in proposals for t, each in p.shares.items()}, policy)
    condemned = {tenant for each in proposals for tenant in each.condemned}
    condemned = _judged_again(condemned, tallies, outages, guard, archive, now, settings, pace)
    settings = msgspec.structs.replace(settings, fleet=fleet_size(archive, settings))
    stopped = ""
    try:
        check(condemned, archive, now, settings)
    except ledger.TooManyError as err:
        stopped = str(err)
    return Decision(
        run=settings.run,
        at=now,
        fleet=settings.fleet or 0,
        judged=sum(each.judged for each in proposals),
        condemned=tuple(sorted(condemned)),
        outages=outages,
        strict=guard.strict,
        account=outside.account.read(),
        guard=guard,
        silent=_silent(proposals, archive),
        stopped=stopped,
    )


def _tally(hours: Sequence[Hours]) -> Mapping[tuple[str, int], int]:
    return {(each.provider, each.hour): each.addresses for each in hours}


def _judged_again(
    condemned: set[str],
    tallies: Mapping[str, Mapping[tuple[str, int], int]],
    outages: tuple[Outage, ...],
    guard: AccountGuard,
    archive: Archive,
    now: datetime,
    settings: Settings,
    pace: Pace,
) -> set[str]:
    """Who is condemned once the outages are known and the worst contributors are judged strictly.

    Only these two kinds are judged again, so that one function can do it. Whoever could not be, for lack of time or
    because its data broke meanwhile, counts as before: more than there are can only stop the run.
    """
    providers = {outage.provider for outage in outages}
    touched = {tenant for tenant in condemned if any(provider in providers for provider, _ in tallies.get(tenant, ()))}
    again = sorted(touched | set(guard.strict))
    if not again:
        return condemned
    bench = judge_all(again, archive, now, settings, pace, outages=outages, strict=guard.strict)
    free = {one.tenant for one in bench.judged if not condemns(one.verdict)}
    return (condemned - free) | {one.tenant for one in bench.judged if condemns(one.verdict)}


def _silent(proposals: Sequence[Proposal], archive: Archive) -> tuple[str, ...]:
    stored = archive.get(batches.KEY)
    known = batches.load(stored.body) if stored else None
    return tuple(sorted({each.batch for each in known or ()} - {each.batch for each in proposals}))


def act_batch(
    tenants: Sequence[str], outside: Outside, now: datetime, settings: Settings, *, batch: str, pace: Pace | None = None
) -> tuple[Report, Published]:
    """Phase two: store, enforce, notify, write the tenants' pages. Raises InnkeeperError for a run not let go on."""
    pace = pace or Pace()
    decision = decided(outside.archive, settings.run)
    settings = msgspec.structs.replace(settings, approved=frozenset(decision.condemned), fleet=decision.fleet)
    bench = _bench(tenants, outside.archive, now, settings, decision, batch, pace)
    report = Report(
        at=now,
        of=len(tenants),
        judged=bench.judged,
        not_judged=bench.not_judged,
        left=bench.left,
        condemned=tuple(one.tenant for one in bench.judged if condemns(one.verdict)),
        outages=decision.outages,
        account=decision.account,
        guard=decision.guard,
        batches={batch: tuple(tenants)},
    )
    report = act(report, outside, now, settings, pace)
    pages, found = publish_pages(report, outside.archive, now, overrides=settings.overrides)
    notes.write(
        outside.archive, notes.acted_key(settings.run, batch), _acted(report, pages, found, settings.run, batch)
    )
    return report, pages


def _bench(
    tenants: Sequence[str],
    archive: Archive,
    now: datetime,
    settings: Settings,
    decision: Decision,
    batch: str,
    pace: Pace,
) -> Bench:
    """The judgements of phase one; anew only where the fleet's view changes them, or none was kept.

    They are some minutes old by now. Whoever's standing was changed meanwhile is judged anew as well: the conditional
    write of it fails. What was collected meanwhile lies behind the watermark and is for the next run.
    """
    policy = resolve_policy("standard", settings.overrides)
    providers = {outage.provider for outage in decision.outages}

    def holds(one: Judged) -> bool:
        touched = any(provider in providers for provider, _ in hard_bounce_hours(one.verdict.standing, policy, now))
        return not touched and one.tenant not in decision.strict

    kept = notes.read_judged(archive, settings.run, batch)
    kept = {tenant: kept[tenant] for tenant in tenants if tenant in kept and holds(kept[tenant])}
    others = [tenant for tenant in tenants if tenant not in kept]
    if not others:
        return Bench(judged=tuple(kept.values()))
    bench = judge_all(others, archive, now, settings, pace, outages=decision.outages, strict=frozenset(decision.strict))
    return msgspec.structs.replace(bench, judged=(*kept.values(), *bench.judged))


def decided(archive: Archive, run: str) -> Decision:
    """What was decided for ``run``. Raises InnkeeperError where nothing was, or that nothing may be done."""
    decision = notes.read(archive, notes.decision_key(run), Decision)
    if decision is None:
        raise InnkeeperError(
            f"run {run!r} was not counted, so nothing of it may be done", hint="start the whole run again"
        )
    if decision.stopped:
        raise InnkeeperError(f"run {run!r} was stopped: {decision.stopped}")
    return decision


def _acted(report: Report, pages: Published, found: Sequence[ReportData], run: str, batch: str) -> Acted:
    unfinished = {done.tenant for done in report.done if not done.finished}
    return Acted(
        run=run,
        batch=batch,
        judged=tuple(one.tenant for one in report.judged),
        not_judged=report.not_judged,
        left=report.left,
        unfinished=tuple(sorted(unfinished)),
        errors=pages.errors,
        lines=tuple(Line.of(each) for each in found),
    )
