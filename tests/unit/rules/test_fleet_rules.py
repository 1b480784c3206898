"""Rules that look at more than one tenant: blast radius, a provider's outage, the account's rates."""

from datetime import timedelta

import pytest
from rules_events import NOW, STANDARD, blocked, bounced, delivered, finding, judged, viruses

from provisioner.model.standing import Standing, State
from provisioner.rules import (
    AccountMetrics,
    Share,
    account_guard,
    check_blast_radius,
    hard_bounce_hours,
    provider_outages,
    resolve_policy,
    terminate,
)

HOUR = timedelta(hours=1)


def stopped(number):
    return [judged(viruses(1), standing=Standing(tenant=f"t{i}")) for i in range(number)]


@pytest.mark.parametrize(
    ("condemned", "fleet", "ok"),
    [(3, 5, True), (4, 5, False), (3, 30, True), (4, 39, False), (4, 40, True), (50, 500, True), (51, 500, False)],
)
def test_blast_radius(condemned, fleet, ok):
    """D15: max(3, 10 %), over the whole run."""
    good = judged(delivered(5), standing=Standing(tenant="good"))
    found = check_blast_radius([*stopped(condemned), good], fleet, STANDARD)
    assert (found.ok, len(found.condemned)) == (ok, condemned)
    assert f"{condemned} of {fleet}" in found.sentence()


def test_who_is_stopped_already_does_not_count_but_a_termination_does():
    once = stopped(1)[0]
    again = judged(viruses(1), standing=once.standing)
    ended = terminate(once.standing, by="Ada", reason="x", now=NOW)
    second = judged(viruses(1, ago=timedelta(days=5)), viruses(1), standing=once.standing)
    assert check_blast_radius([again], 9, STANDARD).condemned == ()
    assert check_blast_radius([judged(viruses(1), standing=ended)], 9, STANDARD).condemned == ()
    assert (second.after, check_blast_radius([second], 9, STANDARD).condemned) == (State.TERMINATED, ("t0",))


def outage(tenants, *, provider="gmx.net", ago=5 * HOUR):
    """Each tenant: 16 good addresses at one provider refused in one hour, among little other mail."""
    return {
        f"t{i}": (bounced(16, domain=provider, ago=ago + timedelta(minutes=i)) + delivered(20)) for i in range(tenants)
    }


def verdicts(events, **more):
    return {name: judged(each, standing=Standing(tenant=name), **more) for name, each in events.items()}


def tallies(found):
    return [hard_bounce_hours(verdict.standing, STANDARD, NOW) for verdict in found.values()]


def test_a_providers_outage_is_held_for_a_person():
    """C5: 40 tenants with bounces at one provider in one hour; nobody is suspended, nothing is blocked."""
    events = outage(40)
    first = verdicts(events)
    assert all(verdict.after is State.SUSPENDED for verdict in first.values())
    found = provider_outages(tallies(first), STANDARD, NOW)
    assert {(one.provider, one.tenants) for one in found} == {("gmx.net", 40)}
    again = verdicts(events, outages=found)
    assert {verdict.after for verdict in again.values()} == {State.GOOD}
    assert {len(blocked(verdict)) for verdict in again.values()} == {0}
    assert "gmx.net had an outage" in finding(again["t0"], "provider-outage").sentence
    elsewhere = judged(bounced(16, domain="web.de", ago=5 * HOUR), delivered(20), outages=found)
    assert (elsewhere.after, finding(elsewhere, "provider-outage")) == (State.SUSPENDED, None)
    before = judged(bounced(16, domain="gmx.net", ago=9 * HOUR), delivered(20), outages=found)
    assert before.after is State.SUSPENDED


def test_nine_tenants_are_chance():
    assert provider_outages(tallies(verdicts(outage(9, ago=4.6 * HOUR))), STANDARD, NOW) == ()


def test_a_large_fleets_usual_hour_is_no_outage():
    """Forty tenants bounce at Gmail in every hour: that is what Gmail's hour looks like."""
    usual = [{("gmail.com", int(NOW.timestamp()) // 3600 - hour): 1 for hour in range(168)} for _ in range(40)]
    assert provider_outages(usual, STANDARD, NOW) == ()
    late = {("gmail.com", int(NOW.timestamp()) // 3600 - 3): 9}
    assert [one.tenants for one in provider_outages([*usual, *[late] * 200], STANDARD, NOW)] == [240]


SHARES = {
    "spammer": Share(hard=60, complainants=9), "sloppy": Share(hard=30),
    "shop": Share(hard=5, complainants=1), "blog": Share(),
}  # fmt: skip
GUARD = {
    "healthy": (0.0249, 0.00049, 0, ()),
    "bounces tell": (0.025, None, 1, ()),
    "bounces strict": (0.04, 0.0, 1, ("spammer",)),
    "complaints tell": (None, 0.0005, 1, ()),
    "complaints strict": (0.0, 0.0008, 1, ("spammer",)),
    "both": (0.05, 0.001, 2, ("spammer",)),
    "nothing known yet": (None, None, 0, ()),
}


@pytest.mark.parametrize(("bounces", "complaints", "findings", "strict"), GUARD.values(), ids=GUARD)
def test_account_guard(bounces, complaints, findings, strict):
    found = account_guard(AccountMetrics(bounce_rate=bounces, complaint_rate=complaints), SHARES, STANDARD)
    assert (len(found.findings), found.strict) == (findings, strict)


def test_account_guard_names_the_fewest_that_caused_half():
    even = {f"t{i}": Share(hard=10) for i in range(8)}
    assert account_guard(AccountMetrics(bounce_rate=0.05), even, STANDARD).strict == ("t0", "t1", "t2", "t3")
    few = resolve_policy("standard", {"account.worst": 2})
    assert account_guard(AccountMetrics(bounce_rate=0.05), even, few).strict == ("t0", "t1")
    (found,) = account_guard(AccountMetrics(bounce_rate=0.03), SHARES, STANDARD).findings
    assert "spammer 63 %" in found.evidence.sentence
    assert account_guard(AccountMetrics(bounce_rate=0.05), {}, STANDARD).strict == ()


HOUR_NOW = int(NOW.timestamp()) // 3600


def seen(*hours, tenants=12):
    """``tenants`` with one bounce at GMX in each of some hours before now."""
    return [{("gmx.net", HOUR_NOW - hour): 1 for hour in hours} for _ in range(tenants)]


SPANS = {
    "one hour": (seen(9), [(10, 8)]),
    "two hours in a row": (seen(9, 8), [(10, 7)]),
    "one quiet hour between": (seen(9, 7), [(10, 6)]),
    "two quiet hours between": (seen(9, 6), [(10, 8), (7, 5)]),
    "three in a row, then a later one": (seen(30, 29, 28, 9), [(31, 27), (10, 8)]),
}


@pytest.mark.parametrize(("fleet", "spans"), SPANS.values(), ids=SPANS)
def test_an_outage_reaches_from_the_hour_before_to_the_hour_after(fleet, spans):
    found = provider_outages(fleet, STANDARD, NOW)
    start = NOW.replace(minute=0)
    assert [(one.start, one.end) for one in found] == [(start - a * HOUR, start - (b - 1) * HOUR) for a, b in spans]
    at = [int(moment.timestamp() * 1000) for moment in (found[0].start, found[0].end)]
    assert [found[0].covers("gmx.net", at[0] - 1), found[0].covers("gmx.net", at[0])] == [False, True]
    assert [found[0].covers("gmx.net", at[1] - 1), found[0].covers("gmx.net", at[1])] == [True, False]
    assert not found[0].covers("web.de", at[0])


USUAL = {
    # hours in which twelve tenants bounced -> whether that is an outage: not where it is half of the last 168
    "83 of 168": (seen(*range(83)), True),
    "84 of 168": (seen(*range(84)), False),
    "84 of 168, the first among them": (seen(*range(83), 167), False),
    "83 of 168, and others before": (seen(*range(83), *range(168, 200)), True),
    "84 of 168, and one to come": (seen(-1, *range(84)), False),
}


@pytest.mark.parametrize(("fleet", "outage"), USUAL.values(), ids=USUAL)
def test_the_usual_hour_is_the_median_of_seven_days(fleet, outage):
    assert bool(provider_outages(fleet, STANDARD, NOW)) is outage


@pytest.mark.parametrize(("tenants", "found"), [(9, []), (10, ["gmx.net", "web.de"])])
def test_ten_tenants_are_an_outage_at_each_provider(tenants, found):
    fleet = [{("web.de", HOUR_NOW - 9): 1, ("gmx.net", HOUR_NOW - 5): 2} for _ in range(tenants)]
    assert [one.provider for one in provider_outages(fleet, STANDARD, NOW)] == found


def test_a_bounce_counts_for_an_outage_for_seven_days():
    old, older = (bounced(1, ago=timedelta(days=7, milliseconds=more)) for more in (0, 1))
    assert hard_bounce_hours(judged(old).standing, STANDARD, NOW) == {("web.de", HOUR_NOW - 168): 1}
    assert hard_bounce_hours(judged(older).standing, STANDARD, NOW) == {}
