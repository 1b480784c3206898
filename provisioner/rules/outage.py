"""A mailbox provider that fails answers "no such user" for good addresses: many tenants, one provider, same hours.

Looks at the whole fleet, so it is judged between the tenants' verdicts and their enforcement: tally each
standing, find the outages, and judge the tenants they touch again with ``decide(..., outages=...)``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median

import msgspec

from provisioner.model.standing import Standing
from provisioner.rules.addresses import domain_of
from provisioner.rules.base import Rule, whole
from provisioner.rules.clock import DAY, HOUR, to_datetime, to_ms
from provisioner.rules.memory import Memory
from provisioner.rules.policy import Policy

RULE = Rule(
    id="provider-outage",
    title="A mailbox provider's outage is held for a person",
    why="When a large provider fails it can answer 550 5.1.1 for good addresses. Many tenants then bounce at one "
    "provider in the same hours; none of them did anything. Nobody is suspended for it and nothing is blocked; "
    "the operator is told, and blocks made before are undone with `unblock --provider --between`.",
    source="github.com/spatie/Mailcoach/discussions/58: 8,000 of 110,000 addresses lost in one night",
    options=(
        whole("outage.tenants", 10, "tenants", "fewer tenants in one hour are chance", least=2, most=100_000),
        whole(
            "outage.factor",
            5,
            "times the usual",
            "a provider's usual hour sees some tenants bounce",
            least=2,
            most=1_000,
        ),
        whole("outage.window_days", 7, "days", "the usual is measured over as long", least=1, most=28),
    ),
)

PAUSE = 2  # hours between two bad ones of the same outage
Tally = Mapping[tuple[str, int], int]  # (provider, hour counted from 1970) -> addresses that bounced hard


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of hours in which one provider refused good addresses."""

    provider: str
    start: datetime
    end: datetime  # exclusive
    tenants: int
    addresses: int

    def covers(self, domain: str, when: int) -> bool:
        return domain == self.provider and to_ms(self.start) <= when < to_ms(self.end)

    def sentence(self) -> str:
        return (
            f"{self.tenants} sites saw {self.addresses} addresses at {self.provider} refused between "
            f"{self.start:%Y-%m-%d %H:%M} and {self.end:%H:%M} UTC: most likely {self.provider} had an outage."
        )


def hard_bounce_hours(standing: Standing, policy: Policy, now: datetime) -> dict[tuple[str, int], int]:
    """One tenant's part of the fleet's picture: how many addresses bounced hard, by provider and hour."""
    since = to_ms(now) - policy.whole("outage.window_days") * DAY
    known = Memory.load(standing.windows).hard.newest(since)
    return dict(Counter((domain_of(address), when // HOUR) for address, (when, _, _) in known))


def provider_outages(tallies: Iterable[Tally], policy: Policy, now: datetime) -> tuple[Outage, ...]:
    """The outages that the tenants' tallies show together: each hour far above the provider's usual hour."""
    seen: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    addresses: dict[str, Counter[int]] = defaultdict(Counter)
    for tenant, tally in enumerate(tallies):
        for (provider, hour), count in tally.items():
            seen[provider][hour].add(tenant)
            addresses[provider][hour] += count
    hours, last = policy.whole("outage.window_days") * 24, to_ms(now) // HOUR
    found = []
    for provider, by_hour in sorted(seen.items()):
        usual = median(len(by_hour.get(hour, ())) for hour in range(last - hours + 1, last + 1))
        limit = max(policy.whole("outage.tenants"), policy.whole("outage.factor") * usual)
        bad = sorted(hour for hour, tenants in by_hour.items() if len(tenants) >= limit)
        found += [_outage(provider, run, by_hour, addresses[provider]) for run in _runs(bad)]
    return tuple(found)


def _outage(provider: str, run: list[int], seen: Mapping[int, set[int]], addresses: Mapping[int, int]) -> Outage:
    """Take in the hour before and the hour after: an outage does not begin on the stroke."""
    hours = range(run[0] - 1, run[-1] + 2)
    return Outage(
        provider=provider,
        start=to_datetime(hours[0] * HOUR),
        end=to_datetime((hours[-1] + 1) * HOUR),
        tenants=len(set().union(*(seen.get(hour, set()) for hour in hours))),
        addresses=sum(addresses.get(hour, 0) for hour in hours),
    )


def _runs(hours: list[int]) -> list[list[int]]:
    """Hours that follow each other, together; one quiet hour in between does not end an outage."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and hour - runs[-1][-1] <= PAUSE:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs
