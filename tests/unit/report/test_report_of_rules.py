"""The report on what the real rules decide: no number is guessed from a name that nobody writes."""

from datetime import timedelta

import pytest
from report_samples import NOW, a_manifest

from provisioner.model.event import Event, Kind
from provisioner.model.standing import Enforcement, Standing, State
from provisioner.report import audiences, build_report, render_notice, render_report
from provisioner.report.advice import topic
from provisioner.rules import RULES, decide, reinstate, resolve_policy, suspend

POLICY = resolve_policy("standard")


def events(kind, count, days_ago=3.0, **changes):
    at = int((NOW - timedelta(days=days_ago)).timestamp() * 1000)
    return [
        Event(
            kind=kind,
            id=f"{kind}-{number}",
            at=at + number,
            arrived=at + number,
            message_id=f"m-{kind}-{number}",
            recipient=f"{kind}{number}@d{number}.example",
            **changes,
        )
        for number in range(count)
    ]


def judged(*batches, standing=None):
    return decide([one for batch in batches for one in batch], standing or Standing(tenant="bakery"), POLICY, NOW)


def report_on(verdict):
    return build_report(a_manifest(), verdict.standing, [verdict], POLICY, NOW, collected=NOW)


@pytest.mark.parametrize(
    ("hard", "delivered", "state", "level"),
    [(1, 2, "good", "good"), (6, 34, "warned", "warn"), (16, 24, "suspended", "stop"), (12, 138, "warned", "warn")],
)
def test_bars_agree_with_the_verdict(hard, delivered, state, level):
    verdict = judged(events(Kind.HARD, hard, status="5.1.1"), events(Kind.DELIVERY, delivered))
    data = report_on(verdict)
    bar = next(limit for limit in data.limits if limit.rule == "hard-tenant")
    assert (data.state, bar.level) == (state, level)
    assert [data.count(name).value for name in ("sent", "delivered", "hard")] == [hard + delivered, delivered, hard]
    assert data.count("hard").rate == pytest.approx(hard / (hard + delivered))
    assert len(data.blocks) == hard


def test_complaints_and_soft_bounces_are_counted():
    verdict = judged(events(Kind.DELIVERY, 50), events(Kind.COMPLAINT, 2), events(Kind.SOFT, 3, status="4.2.2"))
    data = report_on(verdict)
    assert [data.count(name).value for name in ("complaints", "soft", "virus")] == [2, 3, 0]
    assert data.state == "warned"
    assert [limit.level for limit in data.limits if limit.rule == "complaint-tenant"] == ["warn"]


def test_bounces_without_deliveries_have_no_rate():
    """C10"""
    data = report_on(judged(events(Kind.HARD, 6, status="5.1.1")))
    assert (data.activity, data.count("sent").value, data.count("hard").rate) == ("sent", None, None)
    assert "rate unknown" in render_report(data).text


def test_a_quiet_week_is_quiet():
    """H6"""
    verdict = judged()
    assert report_on(verdict).activity == "none"
    assert build_report(a_manifest(), verdict.standing, [verdict], POLICY, NOW).activity == "uncollected"


def test_a_virus_is_reported_with_what_to_do():
    verdict = judged(events(Kind.VIRUS, 5), events(Kind.DELIVERY, 5))
    data = report_on(verdict)
    assert data.count("virus").value == 1
    assert data.next_steps[0].startswith("Find the message")


def test_every_notice_of_the_rules_has_advice_and_can_be_rendered():
    """Whatever the rules tell a tenant, we know what to do about it."""
    verdict = judged(
        events(Kind.HARD, 16, status="5.1.1"),
        events(Kind.DELIVERY, 24),
        events(Kind.POLICY, 3, status="5.7.1"),
        events(Kind.RELAY, 2),
        events(Kind.CONTENT, 4),
    )
    assert {notice.kind for notice in verdict.standing.outbox} >= {"blocked", "suspended", "policy", "relay", "content"}
    for notice in verdict.standing.outbox:
        assert topic(notice.evidence[0].rule), notice
        for audience in audiences(notice):
            assert (
                "what the rules found"
                not in render_notice(notice, a_manifest(), verdict.standing, audience=audience).text
            )


def test_rules_that_act_on_a_tenant_have_advice():
    acting = {rule.id for rule in RULES if rule.kind}
    assert acting
    assert {rule for rule in acting if not topic(rule)} <= {"escalation"}


def test_a_persons_decision_is_told_as_one():
    stopped = suspend(Standing(tenant="bakery"), by="Maria", reason="the site was broken into", now=NOW)
    back = reinstate(stopped, by="Maria", reason="cleaned", now=NOW + timedelta(days=1))
    stopped_notice, back_notice = back.outbox
    done = stopped.__class__(
        tenant="bakery", state=State.SUSPENDED, since=NOW, enforcement=Enforcement(at=NOW, complete=True)
    )
    text = " ".join(render_notice(stopped_notice, a_manifest(), done, audience="tenant").text.split())
    assert "The reason: a decision of the operator." in text
    assert "Maria decided this. Reason given: “the site was broken into”." in text
    assert "may send mail again" in render_notice(back_notice, a_manifest(), back, audience="tenant").subject
