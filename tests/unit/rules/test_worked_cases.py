"""The policy's worked cases, one row each. All must hold with the standard profile."""

from datetime import timedelta

import pytest
from rules_events import (
    NOW,
    blocked,
    bounced,
    complained,
    delivered,
    event,
    finding,
    judged,
    many,
    names,
    notices,
    viruses,
)

from provisioner.model.event import Kind
from provisioner.model.standing import Standing, State
from provisioner.rules import reinstate, suspend

DAY = timedelta(days=1)
CASES = {
    "1: 3 sends, 1 bounce": (delivered(2) + bounced(1), State.GOOD, 1, ["blocked"]),
    "2: 13 sends, 1 bounce": (delivered(12) + bounced(1), State.GOOD, 1, ["blocked"]),
    "2: 5 sends, 1 bounce": (delivered(4) + bounced(1), State.GOOD, 1, ["blocked"]),
    "3: 40 sends, 6 bounced": (delivered(34) + bounced(6), State.WARNED, 6, ["blocked", "warned"]),
    "3: 40 sends, 16 bounced": (delivered(24) + bounced(16), State.SUSPENDED, 16, ["blocked", "suspended"]),
    "4: 150 sends, 12 bounced": (delivered(138) + bounced(12), State.WARNED, 12, ["blocked", "warned"]),
    "4: 190 sends, 16 bounced": (delivered(174) + bounced(16), State.SUSPENDED, 16, ["blocked", "suspended"]),
    "5: 2,000 sends, 49 bounced": (delivered(1_951) + bounced(49), State.GOOD, 49, ["blocked"]),
    "5: 2,000 sends, 60 bounced": (delivered(1_940) + bounced(60), State.WARNED, 60, ["blocked", "warned"]),
    "5: 2,000 sends, 100 bounced": (delivered(1_900) + bounced(100), State.SUSPENDED, 100, ["blocked", "suspended"]),
    "6: 50 deliveries, 1 complaint": (delivered(50) + complained(1), State.GOOD, 0, []),
    "6: 50 deliveries, 5 complainants": (delivered(50) + complained(5), State.SUSPENDED, 0, ["suspended"]),
    "6: 3 complaints by one": (
        delivered(50) + [event(Kind.COMPLAINT, "angry@yahoo.com") for _ in range(3)], State.GOOD, 1, ["blocked"],
    ),
    "7: 50 rejects of one mailing": (delivered(50) + viruses(50), State.SUSPENDED, 0, ["suspended"]),
    "8: 100 out-of-office replies": (delivered(100) + many(Kind.AUTO_REPLY, 100), State.GOOD, 0, []),
    "10: 30 echoes of our own blocks": (delivered(10) + many(Kind.ECHO, 30), State.GOOD, 0, []),
    "11: sends unknown, 6 bounced": (bounced(6), State.WARNED, 6, ["blocked", "warned"]),
    "11: sends unknown, 16 bounced": (bounced(16), State.SUSPENDED, 16, ["blocked", "suspended"]),
    "13: one complaint, four candidates": (
        [*delivered(50), event(Kind.AMBIGUOUS_COMPLAINT, recipients=4)], State.GOOD, 0, [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "state", "blocks", "mails"), CASES.values(), ids=CASES)
def test_worked_case(events, state, blocks, mails):
    """C1, C2, C3, C4, C8, C9, C10 among them."""
    verdict = judged(events)
    assert (verdict.after, len(verdict.standing.blocks), sorted(notices(verdict.standing))) == (
        state,
        blocks,
        sorted(mails),
    )


def test_case_6_three_complaints_of_one_recipient_are_one_complainant():
    verdict = judged(delivered(50), [event(Kind.COMPLAINT, "angry@yahoo.com") for _ in range(3)])
    assert verdict.counts["complainants"] == 1
    assert "you can no longer e-mail this person" in verdict.standing.blocks["angry@yahoo.com"].evidence.sentence


def test_case_7_a_second_virus_incident_40_days_later_terminates():
    then = NOW - 40 * DAY
    stopped = judged(viruses(50, now=then), now=then).standing
    assert stopped.state is State.SUSPENDED
    cleaned = reinstate(stopped, by="Ada", reason="the site was cleaned", now=then + DAY)
    again = judged(viruses(3), standing=cleaned)
    assert again.after is State.TERMINATED
    assert names(again) == ["terminate virus"]
    assert notices(again.standing)[-1] == "terminated"


def test_case_9_reinstated_yesterday_old_bounces_in_the_window():
    """C11."""
    stopped = suspend(Standing(tenant="bakery"), by="Ada", reason="test", now=NOW - 10 * DAY)
    back = reinstate(stopped, by="Ada", reason="list cleaned", now=NOW - DAY)
    verdict = judged(delivered(10), bounced(30, ago=3 * DAY), complained(9, ago=2 * DAY), viruses(2), standing=back)
    assert verdict.after is State.GOOD
    assert not verdict.actions
    assert blocked(verdict) == []


def test_case_11_the_report_says_that_the_rate_is_unknown():
    assert "rate unknown" in finding(judged(bounced(6)), "hard-tenant").sentence
    assert judged(bounced(6)).counts["sends"] == "unknown"


def test_case_12_the_same_feedback_twice_in_two_objects_in_reverse_order():
    """A1, B10, B12, D1: the same standing, the same notices, once."""
    feedback = delivered(20) + bounced(16) + complained(2) + viruses(4)
    straight = judged(feedback)
    once = judged(feedback[::-1])
    twice = judged(feedback[::-1], standing=straight.standing)
    assert once.standing == straight.standing
    assert twice.standing == straight.standing
    assert not twice.actions
    assert notices(twice.standing) == ["blocked", "suspended"]


def guesses(domain_of=lambda i: "acme.example", count=12):
    people = [
        "anna.meier",
        "b.huber",
        "carla.rossi",
        "d.lopez",
        "emil.zola",
        "f.lang",
        "gina.moser",
        "h.weber",
        "ines.bauer",
        "j.maier",
        "karl.otto",
        "l.fuchs",
    ]
    return [
        event(Kind.HARD, f"{people[i]}@{domain_of(i)}", status="5.1.1", ago=timedelta(days=2, minutes=i))
        for i in range(count)
    ]


def test_case_14_guessing_at_one_domain():
    verdict = judged(guesses(), delivered(3, domain="acme.example"), delivered(400))
    assert verdict.after is State.SUSPENDED
    assert names(verdict) == ["suspend guessing", "propose guessing"]
    assert [one.action for one in verdict.standing.proposals] == ["terminate"]
    assert sorted(notices(verdict.standing)) == ["blocked", "proposal", "suspended"]


def test_case_14_the_same_people_at_twelve_domains_are_no_guessing():
    """C13 as well: invented addresses at many domains."""
    verdict = judged(guesses(lambda i: f"firm{i}.example"), delivered(400))
    assert verdict.after is State.GOOD
    assert not finding(verdict, "guessing")


def softs(*days):
    return [event(Kind.SOFT, "full@web.de", ago=timedelta(days=day), status="4.2.2") for day in days]


def test_case_15_a_delivery_between_resets_the_strikes():
    verdict = judged(softs(9, 7), event(Kind.DELIVERY, "full@web.de", ago=5 * DAY), softs(3))
    assert blocked(verdict) == []


def test_case_15_three_days_without_delivery_block_for_30_days():
    verdict = judged(softs(9, 7, 3))
    assert blocked(verdict) == ["full@web.de"]
    block = verdict.standing.blocks["full@web.de"]
    assert block.until == NOW + 30 * DAY
    before = judged(standing=verdict.standing, now=block.until - timedelta(seconds=1))
    assert blocked(before) == ["full@web.de"]
    after = judged(standing=before.standing, now=block.until)
    assert blocked(after) == []
    assert names(after) == ["unblock-recipient full@web.de"]
    again = judged(softs(9, 7, 3), standing=after.standing, now=block.until)
    assert blocked(again) == []
