"""What only the whole fleet shows: a mailbox provider's outage, and the account's own rates."""

from datetime import datetime

import msgspec

from provisioner.conduct.judge import Judged, judge
from provisioner.conduct.outside import Outside
from provisioner.conduct.run import Settings
from provisioner.ports import Archive
from provisioner.rules import (
    AccountGuard,
    AccountMetrics,
    Outage,
    Share,
    account_guard,
    hard_bounce_hours,
    provider_outages,
    resolve_policy,
)


def without_outages(
    judged: list[Judged], archive: Archive, now: datetime, settings: Settings
) -> tuple[list[Judged], tuple[Outage, ...]]:
    """Judge again, without a mailbox provider's outage, the tenants that it touches."""
    policy = resolve_policy("standard", settings.overrides)
    tallies = {one.tenant: hard_bounce_hours(one.verdict.standing, policy, now) for one in judged}
    outages = provider_outages(tallies.values(), policy, now)
    if not outages:
        return judged, ()
    providers = {outage.provider for outage in outages}
    touched = {tenant for tenant, tally in tallies.items() if any(provider in providers for provider, _ in tally)}
    again = [
        judge(one.case, archive, now, keys=one.keys, outages=outages, drill=settings.drill)
        if one.tenant in touched
        else one
        for one in judged
    ]
    return again, outages


def guard_account(
    judged: list[Judged], outside: Outside, now: datetime, settings: Settings, outages: tuple[Outage, ...]
) -> tuple[list[Judged], AccountGuard]:
    """Look at Amazon's own rates; near its limits the worst contributors are judged again, by the strict profile.

    Asked only in a run over everybody: a part cannot say who contributes most.
    """
    rates = outside.account.rates(now)
    metrics = AccountMetrics(bounce_rate=rates.bounce_rate, complaint_rate=rates.complaint_rate)
    shares = {one.tenant: share(one) for one in judged}
    guard = account_guard(metrics, shares, resolve_policy("standard", settings.overrides))

    def again(one: Judged) -> Judged:
        policy = resolve_policy("strict", settings.overrides, one.case.manifest.overrides)
        case = msgspec.structs.replace(one.case, policy=policy)
        return judge(case, outside.archive, now, keys=one.keys, outages=outages, drill=settings.drill)

    return [again(one) if one.tenant in guard.strict else one for one in judged], guard


def share(one: Judged) -> Share:
    """What a tenant contributed to the account's rates."""
    counts = one.verdict.counts
    return Share(hard=int(counts["hard"]), complainants=int(counts["complainants"]))
