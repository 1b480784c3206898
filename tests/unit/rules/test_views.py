"""What a rule sees of a memory, and the rules whose numbers only a full or a nearly empty memory shows."""

from datetime import timedelta

import msgspec
import pytest
from rules_events import NOW, STANDARD, bounced, complained, delivered, event, finding, judged, many

from provisioner.model.event import Kind
from provisioner.model.standing import Evidence, Standing, Unblock
from provisioner.model.verdict import Tell
from provisioner.rules import complaint_flood, complaint_tenant, engine, hard_flood, hard_tenant, resolve_policy
from provisioner.rules.base import Outcome, Rule
from provisioner.rules.clock import HOUR, to_ms
from provisioner.rules.memory import Memory
from provisioner.rules.outage import Outage
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
    unknown = finding(judged(bounced(mails), policy=policy), "hard-tenant").limits
    assert (unknown["suspend addresses"], "suspend share" in unknown) == (7, False)


def test_a_flood_of_complaints_counts_people_and_speaks_of_one_as_one():
    policy = resolve_policy("standard", {"complaint.flood": {"suspend": 1, "deliveries": 1, "share": 0.0}})
    angry = [event(Kind.COMPLAINT, "angry@yahoo.com", ago=HOUR_AGO) for _ in range(2)]
    why = finding(judged(angry, delivered(10, ago=HOUR_AGO), policy=policy, fast=True), "complaint-flood")
    assert why.sentence == (
        "1 recipient reported mail as unwanted within 24 hours (10 % of 10 deliveries that can be complained about)."
    )
    assert (len(why.events), why.events_total) == (2, 1)


def seen_by(standing=BAKERY, **more):
    return View(Memory(), standing, STANDARD, to_ms(NOW), **more)


def test_a_window_ends_now_and_begins_after_the_last_reinstatement():
    assert seen_by().domain == ""
    now, back = to_ms(NOW), NOW - timedelta(days=2)
    assert [seen_by().since(), seen_by().since(hours=3), seen_by().since(days=3)] == [
        now,
        now - 3 * HOUR,
        now - 72 * HOUR,
    ]
    reinstated = seen_by(msgspec.structs.replace(BAKERY, reinstated=back))
    assert [reinstated.since(hours=3), reinstated.since(days=3)] == [now - 3 * HOUR, to_ms(back) + 1]
    assert (seen_by().floor, View(Memory(), BAKERY, STANDARD, 5).since(days=1)) == (0, 0)


def test_an_address_is_settled_by_the_last_that_was_decided_about_it():
    view, early = seen_by(), Unblock(recipient="a@b.c", at=NOW - timedelta(days=3), by="Ada", reason="x")
    assert view.settled("a@b.c") == -1
    late = msgspec.structs.replace(early, at=NOW - timedelta(days=1))
    view = seen_by(msgspec.structs.replace(BAKERY, unblocks=(late, early)))
    assert (view.settled("a@b.c"), view.settled("other@b.c")) == (to_ms(late.at), -1)
    for part, name in ((view.memory.lifted, "a@b.c"), (view.memory.closed, "block:a@b.c")):
        part[name] = to_ms(NOW) + len(view.memory.lifted)
        assert view.settled("a@b.c") == part[name]


def test_hard_bounces_are_seen_from_the_moment_a_window_begins(monkeypatch):
    view = crowd(monkeypatch)
    when = to_ms(NOW) - HOUR
    assert [len(dict(view.hard(since))) for since in (when - 1, when, when + 1)] == [6, 6, 0]
    view.memory.bounced.days.clear()
    assert view.hard_count(when) == 6
    assert seen_by().hard_count(0) == 0


def test_complaints_are_seen_from_the_moment_a_window_begins(monkeypatch):
    view, when = crowd(monkeypatch), to_ms(NOW) - HOUR
    assert [len(view.complaints(since)) for since in (when, when + 1)] == [6, 0]


def test_during_an_outage_only_addresses_known_by_name_are_counted(monkeypatch):
    """The others cannot be told from those that the outage refused."""
    view = crowd(monkeypatch)
    view.outages = (Outage(provider="gmx.net", start=NOW - HOUR_AGO, end=NOW, tenants=12, addresses=12),)
    assert view.hard_count(0) == 6
    assert sorted(view.hard_events(0)) == [f"h{number}" for number in range(6)]
    view.outages = (msgspec.structs.replace(view.outages[0], provider="b.c"),)
    assert (view.hard_count(0), list(view.hard_events(0))) == (0, [])


@pytest.mark.parametrize(("option", "counted"), [("leave-out", 3), ("count", 5)])
def test_deliveries_to_gmail_count_where_the_policy_says_so(option, counted):
    policy = resolve_policy("standard", {"complaint.tenant.gmail": option})
    verdict = judged(delivered(3), delivered(2, domain="gmail.com"), policy=policy)
    assert verdict.counts["deliveries with complaint data"] == counted


class Steps(list):
    """In place of a view: what happened, in order."""

    def let_go_of_soft(self):
        self.append("soft bounces are let go")

    def let_go(self):
        self.append("the rest is let go")


def test_the_memory_makes_room_once_the_rules_about_it_are_done():
    tell = Tell(kind="content", evidence=Evidence(rule="", sentence=""))

    def rule(name, kind, severity="", last=False):
        def judge(steps):
            steps.append(name)
            return [Outcome(severity=severity, evidence=tell.evidence, action=tell if severity == "act" else None)]

        return Rule(id=name, title="", why="", source="", kind=kind, judge=judge if severity else None, last=last)

    steps = Steps()
    rules = (rule("a", "soft", "info"), rule("b", "soft", "act"), rule("c", "hard", "warn", last=True))
    findings, actions = engine._judge(steps, (*rules, rule("d", "hard", "act"), rule("e", "hard")))
    assert ([one.severity for one in findings], actions) == (["info", "act", "warn", "act"], [tell, tell])
    assert steps == ["a", "b", "soft bounces are let go", "d", "the rest is let go", "c"]
