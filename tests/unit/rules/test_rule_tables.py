"""Each rule at, just below and just above each of its limits."""

from datetime import timedelta

import pytest
from rules_events import (
    NOW,
    bounced,
    complained,
    delivered,
    event,
    finding,
    judged,
    many,
    names,
    newly_blocked,
    viruses,
)

from provisioner.model.event import Kind
from provisioner.model.standing import State
from provisioner.rules import reinstate, resolve_policy, unblock

GOOD, WARNED, SUSPENDED, TERMINATED = State
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FULL = "full@web.de"


def soft(*days, to=FULL, **more):
    return [event(Kind.SOFT, to, ago=day * DAY, status="4.2.2", **more) for day in days]


def deliveries_at(*days, to=FULL):
    return [event(Kind.DELIVERY, to, ago=day * DAY) for day in days]


SOFT_RECIPIENT = {
    "two days": (soft(5, 3), False),
    "three days": (soft(5, 4, 3), True),
    "three on one day": (soft(3, 3.1, 3.2), False),
    "three days, one beyond the window": (soft(30.01, 4, 3), False),
    "three days, one just within the window": (soft(29.99, 4, 3), True),
    "three days, one where the window begins": (soft(30, 4, 3), True),
    "two days twice each, after a delivery": (soft(9) + deliveries_at(8) + soft(5.1, 5, 4.1, 4), False),
    "delivery before the first": (deliveries_at(6) + soft(5, 4, 3), True),
    "delivery after the last": (soft(5, 4, 3) + deliveries_at(1), True),
    "delivery between second and third": (soft(5, 4) + deliveries_at(3.5) + soft(3), False),
    "delivery between, then three more": (soft(9, 8) + deliveries_at(7.5) + soft(7, 6, 5), True),
    "delivery to another": (soft(5, 4) + deliveries_at(3.5, to="other@web.de") + soft(3), True),
    "hundred deliveries since": (
        soft(12, 11) + deliveries_at(10.5) + soft(10) + deliveries_at(*[1 + i / 99 for i in range(99)]),
        False,
    ),
    "late, in another order": (soft(3) + soft(5) + deliveries_at(4.5) + soft(4), False),
}


def test_a_soft_bounce_in_the_moment_of_an_unblock_is_settled_and_the_next_counts():
    lifted = unblock(judged(soft(5, 4, 3)).standing, FULL, now=NOW - 3 * DAY, by="Ada", reason="x")
    assert newly_blocked(judged(soft(2, 1), standing=lifted)) == []
    just_after = soft(3 - 1 / 86_400_000)  # a millisecond
    assert newly_blocked(judged(just_after, soft(2, 1), standing=lifted)) == [FULL]


def test_one_address_that_bounces_seldom_hides_no_other():
    assert newly_blocked(judged(soft(5, to="a@web.de"), soft(5, 4, 3))) == [FULL]


@pytest.mark.parametrize(("events", "blocks"), SOFT_RECIPIENT.values(), ids=SOFT_RECIPIENT)
def test_soft_recipient(events, blocks):
    assert newly_blocked(judged(events)) == ([FULL] if blocks else [])


def soft_people(count, **more):
    return many(Kind.SOFT, count, name="soft", status="4.2.2", **more)


SOFT_TENANT = {
    "19 of 100": (19, 81, GOOD),
    "20 of 200": (20, 180, WARNED),
    "20 of 201": (20, 181, GOOD),
    "20, sends unknown": (20, 0, GOOD),
}


@pytest.mark.parametrize(("count", "good", "state"), SOFT_TENANT.values(), ids=SOFT_TENANT)
def test_soft_tenant(count, good, state):
    assert judged(soft_people(count), delivered(good)).after is state


HARD_TENANT = {
    # bounced, delivered -> state; sends are both together
    "4 of 99": (4, 95, GOOD),
    "5 of 99": (5, 94, WARNED),
    "14 of 99": (14, 85, WARNED),
    "15 of 99": (15, 84, SUSPENDED),
    "5 of 100": (5, 95, WARNED),
    "4 of 100": (4, 96, GOOD),
    "5 of 125 is 4 %": (5, 120, WARNED),
    "5 of 126 is below 4 %": (5, 121, GOOD),
    "14 of 100": (14, 86, WARNED),
    "15 of 187 is over 8 %": (15, 172, SUSPENDED),
    "15 of 188 is below 8 %": (15, 173, WARNED),
    "79 of 999 is below 8 %": (79, 920, WARNED),
    "80 of 999 is over 8 %": (80, 919, SUSPENDED),
    "24 of 1,000": (24, 976, GOOD),
    "25 of 1,000 is 2.5 %": (25, 975, WARNED),
    "49 of 1,000": (49, 951, WARNED),
    "50 of 1,000 is 5 %": (50, 950, SUSPENDED),
    "50 of 1,001 is below 5 %": (50, 951, WARNED),
    "4, sends unknown": (4, 0, GOOD),
    "5, sends unknown": (5, 0, WARNED),
    "15, sends unknown": (15, 0, SUSPENDED),
}


@pytest.mark.parametrize(("count", "good", "state"), HARD_TENANT.values(), ids=HARD_TENANT)
def test_hard_tenant(count, good, state):
    assert judged(bounced(count), delivered(good)).after is state


def test_hard_tenant_looks_back_28_days():
    assert judged(bounced(15, ago=27.9 * DAY), delivered(10)).after is SUSPENDED
    assert judged(bounced(15, ago=28.1 * DAY), delivered(10)).after is GOOD


def test_one_recipient_that_bounces_ten_times_is_one():
    assert judged([event(Kind.HARD, "gone@web.de") for _ in range(30)], delivered(10)).after is GOOD


HARD_FLOOD = {
    "19 of 190": (19, 171, HOUR, False),
    "20 of 199": (20, 179, HOUR, False),
    "20 of 200": (20, 180, HOUR, True),
    "20 of 201": (20, 181, HOUR, False),
    "20 of 200, two days ago": (20, 180, 48 * HOUR, False),
    "39, sends unknown": (39, 0, HOUR, False),
    "40, sends unknown": (40, 0, HOUR, True),
    "40, one delivered": (40, 1, HOUR, False),
}


@pytest.mark.parametrize(("count", "good", "ago", "flood"), HARD_FLOOD.values(), ids=HARD_FLOOD)
def test_hard_flood_is_judged_when_collecting(count, good, ago, flood):
    verdict = judged(bounced(count, ago=ago), delivered(good, ago=ago), fast=True)
    assert verdict.after is (SUSPENDED if flood else GOOD)
    assert not newly_blocked(verdict)


def test_a_flood_speaks_of_robots_and_their_remedy():
    """C13."""
    verdict = judged(bounced(30, ago=HOUR), delivered(170, ago=HOUR), fast=True)
    assert "captcha" in finding(verdict, "hard-flood").sentence


COMPLAINT_RECIPIENT = {
    "one": (1, "standard", False),
    "two": (2, "standard", False),
    "three": (3, "standard", True),
    "one, strict": (1, "strict", True),
    "two, friendly": (2, "friendly", False),
}


@pytest.mark.parametrize(("count", "profile", "blocks"), COMPLAINT_RECIPIENT.values(), ids=COMPLAINT_RECIPIENT)
def test_complaint_recipient(count, profile, blocks):
    events = [event(Kind.COMPLAINT, "angry@yahoo.com") for _ in range(count)]
    verdict = judged(events, delivered(50), policy=resolve_policy(profile))
    assert newly_blocked(verdict) == (["angry@yahoo.com"] if blocks else [])
    assert finding(verdict, "complaint-recipient").numbers == {"complaints": count}


COMPLAINT_TENANT = {
    # complainants, deliveries -> state
    "1 of 499": (1, 499, GOOD),
    "2 of 499": (2, 499, WARNED),
    "4 of 499": (4, 499, WARNED),
    "5 of 499": (5, 499, SUSPENDED),
    "1 of 500": (1, 500, GOOD),
    "2 of 2,000 is 0.1 %": (2, 2_000, WARNED),
    "2 of 2,001": (2, 2_001, GOOD),
    "4 of 500": (4, 500, WARNED),
    "5 of 1,666": (5, 1_666, SUSPENDED),
    "5 of 1,667 is below 0.3 %": (5, 1_667, WARNED),
    "14 of 4,999 is below 0.3 %": (14, 4_999, WARNED),
    "10 of 5,000 is 0.2 %": (10, 5_000, SUSPENDED),
    "9 of 5,000": (9, 5_000, WARNED),
    "10 of 5,001": (10, 5_001, WARNED),
    "5, deliveries unknown": (5, 0, SUSPENDED),
}


@pytest.mark.parametrize(("count", "good", "state"), COMPLAINT_TENANT.values(), ids=COMPLAINT_TENANT)
def test_complaint_tenant(count, good, state):
    half = good // 2  # more than 4,096 on one day would be an estimate
    assert judged(complained(count), delivered(half), delivered(good - half, ago=3 * DAY)).after is state


def test_deliveries_to_gmail_are_left_out_of_the_complaint_rate():
    mail = delivered(600) + delivered(3_300, domain="gmail.com")
    assert judged(complained(5), mail).after is SUSPENDED
    counted = resolve_policy("standard", {"complaint.tenant.gmail": "count"})
    assert judged(complained(5), mail, policy=counted).after is WARNED


def test_complaints_show_how_they_cluster():
    """C12: five accounts at one provider within the hour look like somebody's revenge; a person can see that."""
    numbers = finding(judged(complained(5), delivered(50)), "complaint-tenant").numbers
    assert (numbers["complaining domains"], numbers["within hours"]) == (1, 1)


COMPLAINT_FLOOD = {
    "4 of 200": (4, 200, HOUR, False),
    "5 of 199": (5, 199, HOUR, False),
    "5 of 200": (5, 200, HOUR, True),
    "5 of 500": (5, 500, HOUR, True),
    "5 of 501": (5, 501, HOUR, False),
    "5 of 200, two days ago": (5, 200, 2 * DAY, False),
}


@pytest.mark.parametrize(("count", "good", "ago", "flood"), COMPLAINT_FLOOD.values(), ids=COMPLAINT_FLOOD)
def test_complaint_flood_is_judged_when_collecting(count, good, ago, flood):
    verdict = judged(complained(count, ago=ago), delivered(good, ago=ago), fast=True)
    assert verdict.after is (SUSPENDED if flood else GOOD)


VIRUS = {
    "one mail": (viruses(1), SUSPENDED),
    "59 minutes apart": (viruses(1, ago=3 * HOUR) + viruses(1, ago=3 * HOUR + timedelta(minutes=59)), SUSPENDED),
    "60 minutes apart": (viruses(1, ago=3 * HOUR) + viruses(1, ago=4 * HOUR), SUSPENDED),
    "61 minutes apart": (viruses(1, ago=3 * HOUR) + viruses(1, ago=4 * HOUR + timedelta(minutes=1)), TERMINATED),
    "joined by one between": (
        viruses(1, ago=3 * HOUR) + viruses(1, ago=5 * HOUR) + viruses(1, ago=4 * HOUR),
        SUSPENDED,
    ),
    "365 days ago": (viruses(1, ago=365 * DAY) + viruses(1, ago=HOUR), TERMINATED),
    "364 days apart": (viruses(1, ago=364 * DAY) + viruses(1, ago=HOUR), TERMINATED),
    "366 days apart": (viruses(1, ago=366 * DAY) + viruses(1, ago=HOUR), SUSPENDED),
    "another reject": ([event(Kind.REJECT, "a@web.de")], GOOD),
}


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("events", "state"), VIRUS.values(), ids=VIRUS)
def test_virus(events, state, fast):
    """C9; J2: the standing carries the longest window."""
    assert judged(events, fast=fast).after is state


def test_a_virus_counts_from_the_moment_after_a_reinstatement():
    stopped = judged(viruses(1)).standing
    for late, state in ((timedelta(0), GOOD), (timedelta(milliseconds=1), TERMINATED)):
        back = reinstate(stopped, by="Ada", reason="cleaned", now=NOW)
        assert judged(viruses(1, ago=-late), standing=back, now=NOW + DAY).after is state


NO_STRIKE = {
    "C1 out of office": Kind.AUTO_REPLY,
    "C3 not-spam": Kind.IGNORED_COMPLAINT,
    "C4 our own block": Kind.ECHO,
    "B7 unknown": Kind.UNKNOWN,
    "undetermined": Kind.UNDETERMINED,
    "delay": Kind.DELAY,
}


@pytest.mark.parametrize("kind", NO_STRIKE.values(), ids=NO_STRIKE)
def test_what_is_never_a_strike(kind):
    verdict = judged(many(kind, 100, status="5.1.1"), delivered(100))
    assert (verdict.after, verdict.actions, verdict.standing.outbox) == (GOOD, (), ())
    assert verdict.counts[f"events.{kind}"] == 100


ADVICE = {
    "C6 policy": (Kind.POLICY, 1, True),
    "C7 relay": (Kind.RELAY, 1, True),
    "content, two": (Kind.CONTENT, 2, False),
    "content, three": (Kind.CONTENT, 3, True),
}


@pytest.mark.parametrize(("kind", "count", "told"), ADVICE.values(), ids=ADVICE)
def test_advice_blocks_nobody_and_is_given_once(kind, count, told):
    verdict = judged(many(kind, count, status="5.7.1"), delivered(50))
    assert names(verdict) == ([f"tell {kind}"] if told else [])
    assert (verdict.after, verdict.standing.blocks) == (GOOD, {})
    later = judged(many(kind, count, name="more"), standing=verdict.standing, now=NOW + DAY)
    assert names(later) == ([] if told else [f"tell {kind}"])


def test_simulator_events_count_in_drills_only():
    """J7."""
    drill = [event(Kind.VIRUS, "v@simulator.amazonses.com", simulator=True)]
    assert judged(drill).standing.windows == {"schema": 1}
    assert judged(drill, drill=True).after is SUSPENDED
