"""A domain whose server died is one address to the tenant's limits; its people are blocked one by one."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_events import bounced, delivered, event, finding, judged, many, newly_blocked

from provisioner.model.event import Event, Kind
from provisioner.model.standing import State
from provisioner.rules import resolve_policy
from provisioner.rules.dead_domain import Counted
from provisioner.rules.lines import blames_host

DAY = timedelta(days=1)
STRICT, FRIENDLY = resolve_policy("strict"), resolve_policy("friendly")


def dead(count, *, domain="partner.example", status="5.4.4", **more):
    return bounced(count, domain=domain, status=status, **more)


def reached(count, *, domain="partner.example", ago=9 * DAY):
    """Deliveries to those that ``dead`` lets bounce later."""
    return many(Kind.DELIVERY, count, domain=domain, name="gone", ago=ago)


CASES = {
    # a server that is gone: SES says so
    "20 people, the host is unreachable": (dead(20), State.GOOD),
    "40 of 60 mails": (dead(40) + delivered(20), State.GOOD),
    "120 of 400 mails": (dead(120) + delivered(280), State.GOOD),
    "80 people in one day": (dead(80, ago=timedelta(hours=3)) + delivered(300, ago=timedelta(hours=3)), State.GOOD),
    "no such domain": (dead(20, status="5.1.2"), State.GOOD),
    "given up after trying": (dead(20, status="4.4.7"), State.GOOD),
    # a server that refuses everybody it took mail for
    "20 unknown users who took mail before": (reached(20) + dead(20, status="5.1.1"), State.GOOD),
    "20, and 4 of them took mail before": (reached(4) + dead(20, status="5.1.1"), State.GOOD),
    "20, and 3 of them took mail before": (reached(3) + dead(20, status="5.1.1"), State.SUSPENDED),
    "half of them told so, half told nothing": (
        reached(20) + dead(10) + dead(10, name="gone1", status="5.1.1"),
        State.GOOD,
    ),
    # not a dead server
    "20 unknown users": (dead(20, status="5.1.1"), State.SUSPENDED),
    "20 without a reason": (dead(20, status=""), State.SUSPENDED),
    "20 who took mail afterwards": (reached(20, ago=DAY) + dead(20, status="5.1.1"), State.SUSPENDED),
    "20 at a provider, who took mail before": (
        reached(20, domain="web.de") + dead(20, domain="web.de", status="5.1.1"),
        State.SUSPENDED,
    ),
    "a dead server, and 13 unknown users elsewhere": (dead(20) + bounced(13), State.WARNED),
    "a dead server, and 14 unknown users elsewhere": (dead(20) + bounced(14), State.SUSPENDED),
    "14 dead servers": ([one for i in range(14) for one in dead(3, domain=f"firm{i}.example")], State.WARNED),
    "15 dead servers": ([one for i in range(15) for one in dead(3, domain=f"firm{i}.example")], State.SUSPENDED),
}


@pytest.mark.parametrize(("events", "state"), CASES.values(), ids=CASES)
def test_a_dead_domain_counts_as_one(events, state):
    verdict = judged(events)
    assert verdict.after is state
    assert set(newly_blocked(verdict)) == {one.recipient for one in events if one.kind is Kind.HARD}


def test_the_finding_says_how_it_counted():
    found = finding(judged(dead(20) + dead(3, domain="firm.example") + bounced(6), delivered(30)), "hard-tenant")
    assert found.sentence == (
        "Mail to 29 addresses bounced for good in 28 days (49 % of 59 mails). The 20 at partner.example count as one: "
        "its mail server seems to have died. The same holds for 1 more domain."
    )
    assert (found.numbers["addresses"], found.numbers["bounced addresses"], found.events_total) == (8, 29, 29)
    assert "bounced addresses" not in finding(judged(bounced(6)), "hard-tenant").numbers
    dead_three = Counted(3, 9, {"a.example": 2, "b.example": 2, "c.example": 1})
    assert dead_three.remark() == (
        " The 2 at b.example count as one: its mail server seems to have died. The same holds for 2 more domains."
    )


SMALL = {
    # what bounced -> how many addresses that counts as, of how many
    "one": (dead(1), 1, None),
    "two": (dead(2), 1, 2),
    "two, of whom one took mail before": (reached(1) + dead(2, status="5.1.1"), 1, 2),
    "two unknown users": (dead(2, status="5.1.1"), 2, None),
    "three dead and two unknown users": (dead(3) + dead(2, name="nobody", status="5.1.1"), 3, 5),
    "one dead and two unknown users": (dead(1) + dead(2, name="nobody", status="5.1.1"), 3, None),
}


@pytest.mark.parametrize(("events", "count", "bounced_"), SMALL.values(), ids=SMALL)
def test_how_few_are_counted(events, count, bounced_):
    numbers = finding(judged(events), "hard-tenant").numbers
    assert (numbers["addresses"], numbers.get("bounced addresses")) == (count, bounced_)


def test_the_strict_profile_counts_each_and_anybody_may():
    assert judged(dead(8), policy=STRICT).after is State.SUSPENDED
    assert judged(dead(60), policy=FRIENDLY).after is State.GOOD
    assert judged(dead(20), policy=resolve_policy("standard", {"hard.tenant.dead_domain": "each"})).after == "suspended"


def test_which_statuses_blame_the_host():
    host = ["5.1.2", "5.1.10", "4.4.7", "5.4.4", "5.4.14", "5.4.300"]
    assert [
        s for s in (*host, "5.1.1", "5.1.20", "NoEmail", "", "5.2.1", "5.3.0", "2.4.4", "5.4.4x") if blames_host(s)
    ] == host


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["5.1.1", "5.4.4", "5.1.2", ""]), max_size=40), st.data())
def test_more_bounces_never_lighten_the_count(statuses, data):
    """Counted as one or each: what bounces more is never counted less, as long as nothing else arrives."""
    domains = data.draw(
        st.lists(st.sampled_from(["a.example", "b.example", "web.de"]), min_size=len(statuses), max_size=len(statuses))
    )
    events = [event(Kind.HARD, f"p{i}@{d}", status=s) for i, (s, d) in enumerate(zip(statuses, domains, strict=True))]

    def counted(some: list[Event]) -> int:
        found = finding(judged(some), "hard-tenant")
        return found.numbers["addresses"] if found else 0

    counts = [counted(events[:size]) for size in range(0, len(events) + 1, 5)]
    assert all(before <= after for before, after in pairwise(counts))
