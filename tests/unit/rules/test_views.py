"""What a rule sees of a memory, and the rules whose numbers only a full or a nearly empty memory shows."""

from datetime import timedelta

import pytest
from rules_events import NOW, STANDARD, bounced, complained, delivered, event, finding, judged, many

from provisioner.model.event import Kind
from provisioner.model.standing import Standing
from provisioner.rules import complaint_flood, complaint_tenant, hard_flood, hard_tenant, resolve_policy
from provisioner.rules.clock import HOUR, to_ms
from provisioner.rules.memory import Memory
from provisioner.rules.view import View

BAKERY = Standing(tenant="bakery")
HOUR_AGO = timedelta(hours=1)


def crowd(monkeypatch):
    """Six addresses of 45 are known by name, as if there had been too many; the same for complainants."""
    memory, when = Memory(), to_ms(NOW) - HOUR
    for number in range(45):
        memory.bounced.add(when, number)
        memory.complained.add(when, number)
        memory.counts(Kind.HARD).add(when, number)
    for number in range(200):
        memory.counts(Kind.DELIVERY).add(when, number)
    for number in range(6):
        memory.hard.add(f"a{number}@b.c", when, f"h{number}", "5.1.1")
        memory.complaints.add(f"c{number}", when, f"a{number}@b.c")
    monkeypatch.setattr("provisioner.rules.view.HARD_ADDRESSES", 6)
    monkeypatch.setattr("provisioner.rules.view.COMPLAINTS", 6)
    return View(memory, BAKERY, STANDARD, to_ms(NOW))


@pytest.mark.parametrize("rule", [hard_flood, hard_tenant, complaint_flood, complaint_tenant])
def test_a_rule_counts_more_than_the_memory_names(rule, monkeypatch):
    """C15."""
    (outcome,) = rule.judge(crowd(monkeypatch))
    assert 45 in outcome.evidence.numbers.values()
    assert (len(outcome.evidence.events), outcome.evidence.events_total) == (6, 45)


def test_a_memory_that_is_not_full_names_all(monkeypatch):
    view = crowd(monkeypatch)
    monkeypatch.setattr("provisioner.rules.view.HARD_ADDRESSES", 7)
    monkeypatch.setattr("provisioner.rules.view.COMPLAINTS", 7)
    assert (view.hard_count(0), view.complainants(0)) == (6, 6)


def test_complaints_out_of_sight_lie_nowhere_together():
    assert complaint_tenant.cluster(View(Memory(), BAKERY, STANDARD, to_ms(NOW)), 0) == {}


def test_complaints_lie_together_by_begun_hours():
    two = complained(1, ago=timedelta(hours=3)) + complained(1, name="b", ago=timedelta(hours=1.5))
    assert finding(judged(two, delivered(9)), "complaint-tenant").numbers["within hours"] == 2


RATES = {
    "nothing delivered": ([], "rate unknown: no deliveries seen", "unknown"),
    "one, at Gmail": (delivered(1, domain="gmail.com"), "rate unknown: all deliveries went to Gmail", 0),
    "one": (delivered(1), "200 % of 1 deliveries that can be complained about", 1),
}


@pytest.mark.parametrize(("mail", "rate", "base"), RATES.values(), ids=RATES)
def test_a_rate_of_complaints_is_said_with_what_it_is_of(mail, rate, base):
    why = finding(judged(complained(2), mail), "complaint-tenant")
    assert why.sentence == f"2 recipients reported mail as unwanted in 28 days ({rate})."
    assert why.numbers["deliveries"] == base


def test_one_delivery_makes_sends_known():
    for rule, kind in (("hard-tenant", Kind.HARD), ("soft-tenant", Kind.SOFT)):
        assert finding(judged(many(kind, 2), delivered(1)), rule).numbers["sends"] == 3
        assert finding(judged(many(kind, 2)), rule).numbers["sends"] == "unknown"


SIZES = {9: 7, 10: 8, 19: 8, 20: 9}  # mails -> the limit of that size


@pytest.mark.parametrize(("mails", "wanted"), SIZES.items())
def test_a_size_of_tenant_begins_with_its_number_of_mails(mails, wanted):
    """At ten and at twenty, as this policy has it, and not one mail earlier or later."""
    policy = resolve_policy(
        "standard",
        {
            "complaint.tenant.medium.deliveries": 10, "complaint.tenant.large.deliveries": 20,
            "hard.tenant.medium.sends": 10, "hard.tenant.large.sends": 20,
            "complaint.tenant.small.suspend": 7, "complaint.tenant.medium.suspend": 8,
            "complaint.tenant.large.suspend": 9,
            "hard.tenant.small.suspend": 7, "hard.tenant.medium.suspend": 8, "hard.tenant.large.suspend": 9,
        },
    )  # fmt: skip
    complaint = finding(judged(complained(1), delivered(mails), policy=policy), "complaint-tenant").limits
    hard = finding(judged(bounced(1), delivered(mails - 1), policy=policy), "hard-tenant").limits
    assert (complaint["suspend complainants"], hard["suspend addresses"]) == (wanted, wanted)
    assert ("suspend share" in complaint, "suspend share" in hard) == (mails >= 10, mails >= 10)


def test_a_flood_of_complaints_counts_people_and_speaks_of_one_as_one():
    policy = resolve_policy("standard", {"complaint.flood": {"suspend": 1, "deliveries": 1, "share": 0.0}})
    angry = [event(Kind.COMPLAINT, "angry@yahoo.com", ago=HOUR_AGO) for _ in range(2)]
    why = finding(judged(angry, delivered(10, ago=HOUR_AGO), policy=policy, fast=True), "complaint-flood")
    assert why.sentence == (
        "1 recipient reported mail as unwanted within 24 hours (10 % of 10 deliveries that can be complained about)."
    )
    assert (len(why.events), why.events_total) == (2, 1)
