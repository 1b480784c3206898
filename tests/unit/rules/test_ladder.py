"""Good, warned, suspended, terminated: how a standing moves, what is mailed, and what only a person may do."""

from datetime import timedelta

import msgspec
import pytest
from rules_events import NOW, blocked, bounced, complained, delivered, event, finding, judged, names, notices, viruses

from provisioner.errors import InnkeeperError
from provisioner.model.event import Kind
from provisioner.model.standing import Block, Evidence, Notice, Proposal, Standing, State
from provisioner.rules import (
    block,
    blocked_at,
    confirm,
    dismiss,
    expire,
    explain,
    reinstate,
    resolve_policy,
    suspend,
    terminate,
    unblock,
)

DAY = timedelta(days=1)
ADA = {"by": "Ada", "reason": "it was explained"}
BAKERY = Standing(tenant="bakery")


def test_a_warning_is_written_once_per_kind_and_window():
    first = judged(bounced(6), delivered(30))
    assert (first.after, notices(first.standing)) == (State.WARNED, ["blocked", "warned"])
    more = judged(bounced(2, name="also"), standing=first.standing, now=NOW + 7 * DAY)
    assert (more.after, names(more), notices(more.standing)) == (State.WARNED, [], ["blocked", "warned", "blocked"])
    other = judged(complained(2, ago=-6 * DAY), standing=more.standing, now=NOW + 7 * DAY)
    assert names(other) == ["warn complaint"]
    assert len(other.standing.transitions) == 1


def test_a_warning_ends_with_the_first_clean_audit_after_its_window():
    warned = judged(bounced(6), delivered(30)).standing
    early = judged(delivered(3_000, ago=-20 * DAY), standing=warned, now=NOW + 21 * DAY)
    assert early.after is State.WARNED
    assert judged(standing=early.standing, now=NOW + 28 * DAY, fast=True).after is State.WARNED
    late = judged(standing=early.standing, now=NOW + 28 * DAY)
    assert (late.after, late.actions, late.standing.transitions[-1].after) == (State.GOOD, (), State.GOOD)


def test_a_warning_stays_while_there_is_something_to_warn_about():
    warned = judged(bounced(6), delivered(30)).standing
    later = judged(bounced(6, name="new", ago=-25 * DAY), standing=warned, now=NOW + 29 * DAY)
    assert later.after is State.WARNED
    assert notices(later.standing).count("warned") == 2


def test_the_gravest_reason_is_the_one_recorded_and_all_are_mailed():
    verdict = judged(bounced(16), complained(5), viruses(2), delivered(30))
    assert verdict.standing.transitions[-1].kind == "virus"
    (notice,) = [one for one in verdict.standing.outbox if one.kind == "suspended"]
    assert {one.rule for one in notice.evidence} == {"virus", "hard-tenant", "complaint-tenant"}


def test_a_second_suspension_of_the_same_kind_proposes_termination():
    first = judged(bounced(16), delivered(20)).standing
    back = reinstate(first, now=NOW + DAY, **ADA)
    again = judged(bounced(16, name="new", ago=-30 * DAY), standing=back, now=NOW + 31 * DAY)
    assert names(again) == ["suspend hard", "propose hard"]
    (asked,) = again.standing.proposals
    assert (asked.action, asked.evidence.rule) == ("terminate", "escalation")
    assert "proposal" in notices(again.standing)
    kind = judged(complained(5, ago=-30 * DAY), standing=back, now=NOW + 31 * DAY)
    assert names(kind) == ["suspend complaint"]
    year = judged(bounced(16, name="new", ago=-182 * DAY), standing=back, now=NOW + 183 * DAY)
    assert names(year) == ["suspend hard"]


def test_rates_alone_never_terminate():
    standing = BAKERY
    for week in range(6):
        now = NOW + week * 7 * DAY
        standing = judged(bounced(500, name=f"w{week}", now=now), standing=standing, now=now).standing
        standing = reinstate(standing, now=now + DAY, **ADA)
    assert all(one.after is not State.TERMINATED for one in standing.transitions)


def test_a_firmer_reason_replaces_a_soft_block_and_is_mailed():
    soft = [event(Kind.SOFT, "full@web.de", ago=day * DAY, status="4.2.2") for day in (9, 7, 5)]
    first = judged(soft)
    verdict = judged(event(Kind.HARD, "full@web.de"), standing=first.standing)
    assert (verdict.standing.blocks["full@web.de"].reason, verdict.standing.blocks["full@web.de"].until) == (
        "hard",
        None,
    )
    assert notices(verdict.standing) == ["blocked", "blocked"]
    together = judged(soft, event(Kind.HARD, "full@web.de"))
    assert (together.standing.blocks["full@web.de"].reason, notices(together.standing)) == ("hard", ["blocked"])


def test_one_notice_lists_all_addresses_of_an_audit():
    (notice,) = judged(bounced(4), delivered(90)).standing.outbox
    assert notice.recipients == ("gone0@web.de", "gone1@web.de", "gone2@web.de", "gone3@web.de")


def test_addresses_that_cannot_be_read_are_counted_and_never_blocked():
    """B8, B17."""
    verdict = judged([event(Kind.HARD, "", status="5.1.1") for _ in range(15)], delivered(10))
    assert (verdict.after, blocked(verdict)) == (State.SUSPENDED, [])


def test_an_old_week_judged_again_changes_nothing():
    """C14: not even by other numbers; the verdict says by which."""
    audited = judged(delivered(100)).standing
    strict = resolve_policy("strict")
    review = judged(bounced(90, ago=9 * DAY), standing=audited, policy=strict, now=NOW - 7 * DAY)
    assert (review.standing, review.actions, review.policy_hash) == (audited, (), strict.hash)
    assert finding(review, "hard-tenant").numbers["addresses"] == 90


def test_a_late_event_counts_in_the_audit_it_arrives_for_once():
    """B13."""
    first = judged(bounced(4), delivered(30))
    late = bounced(1, name="late", ago=6 * DAY, now=NOW)
    second = judged(late, standing=first.standing, now=NOW + 7 * DAY)
    assert second.after is State.WARNED
    assert judged(late, standing=second.standing, now=NOW + 7 * DAY).standing == second.standing


# -- what only a person may do -----------------------------------------------------------------------


def test_unblock_and_a_hard_bounce_within_a_year_asks_the_operator():
    stopped = judged(bounced(1), delivered(9)).standing
    lifted = unblock(stopped, "Gone0@web.de", now=NOW, **ADA)
    assert (lifted.blocks, notices(lifted)[-1]) == ({}, "unblocked")
    assert blocked(judged(bounced(1), standing=lifted)) == []  # what was before is settled
    again = judged(event(Kind.HARD, "gone0@web.de", ago=-300 * DAY), standing=lifted, now=NOW + 301 * DAY)
    assert (blocked(again), names(again)) == ([], ["propose hard"])
    (asked,) = again.standing.proposals
    assert judged(standing=again.standing, now=NOW + 302 * DAY).standing.proposals == (asked,)
    assert blocked_after(confirm(again.standing, asked.id, now=NOW + 302 * DAY, **ADA)) == ["gone0@web.de"]
    no = dismiss(again.standing, asked.id, now=NOW + 302 * DAY, **ADA)
    quiet = judged(standing=no, now=NOW + 303 * DAY)
    assert (quiet.standing.proposals, blocked(quiet)) == ((), [])
    after_a_year = judged(event(Kind.HARD, "gone0@web.de", ago=-370 * DAY), standing=lifted, now=NOW + 371 * DAY)
    assert blocked(after_a_year) == ["gone0@web.de"]


def blocked_after(standing):
    return sorted(standing.blocks)


def test_confirming_a_termination_and_dismissing_it():
    guessed = [
        event(Kind.HARD, f"{first}.{last}@acme.example", status="5.1.1")
        for first in ("an", "bo", "cy")
        for last in ("au", "ba", "ce", "du")
    ]
    asked = judged(guessed, delivered(400)).standing
    (proposal,) = asked.proposals
    done = confirm(asked, proposal.id, now=NOW, **ADA)
    assert (done.state, done.proposals, done.transitions[-1].kind) == (State.TERMINATED, (), "guessing")
    no = dismiss(asked, proposal.id, now=NOW, **ADA)
    again = judged(guessed, standing=no, now=NOW + DAY)
    assert (again.after, again.standing.proposals) == (State.SUSPENDED, ())
    with pytest.raises(InnkeeperError, match="no open proposal"):
        confirm(no, proposal.id, now=NOW, **ADA)


def test_a_confirmed_escalation_is_recorded_under_its_kind():
    back = reinstate(judged(bounced(16), delivered(20)).standing, now=NOW + DAY, **ADA)
    again = judged(bounced(16, name="new", ago=-30 * DAY), standing=back, now=NOW + 31 * DAY).standing
    assert confirm(again, again.proposals[0].id, now=NOW + 31 * DAY, **ADA).transitions[-1].kind == "hard"


def test_a_proposal_that_names_no_address_cannot_be_confirmed():
    odd = Proposal(id="p", at=NOW, action="block", evidence=Evidence(rule="x", sentence="x"))
    with pytest.raises(InnkeeperError, match="names no address") as err:
        confirm(msgspec.structs.replace(BAKERY, proposals=(odd,)), "p", now=NOW, **ADA)
    assert err.value.hint


GUESSED = [
    event(Kind.HARD, f"{first}.{last}@acme.example", status="5.1.1")
    for first in ("an", "bo", "cy")
    for last in ("au", "ba", "ce", "du")
]


def asked(standing):
    return [(one.action, one.recipient, one.evidence.rule) for one in standing.proposals]


def test_an_open_question_is_not_asked_again_and_hides_no_other():
    first = judged(GUESSED, delivered(400)).standing
    assert asked(first) == [("terminate", None, "guessing")]
    assert judged(GUESSED, standing=first, now=NOW + DAY).standing.proposals == first.proposals
    back = reinstate(first, now=NOW + DAY, **ADA)
    later = [event(Kind.HARD, one.recipient.replace(".", "_"), status="5.1.1", ago=-3 * DAY) for one in GUESSED]
    second = judged(later, standing=back, now=NOW + 4 * DAY).standing
    assert asked(second) == [("terminate", None, "escalation"), ("terminate", None, "guessing")]
    one, other = (one.id for one in second.proposals)
    assert confirm(second, one, now=NOW + 4 * DAY, **ADA).proposals == ()
    assert [left.id for left in dismiss(second, one, now=NOW + 4 * DAY, **ADA).proposals] == [other]


def test_who_is_terminated_is_asked_about_for_addresses_only():
    freed = unblock(judged(bounced(2)).standing, ["gone0@web.de", "gone1@web.de"], now=NOW, **ADA)
    ended = terminate(freed, now=NOW, **ADA)
    one = judged(event(Kind.HARD, "gone0@web.de", ago=-DAY), GUESSED, standing=ended, now=NOW + 2 * DAY).standing
    assert asked(one) == [("block", "gone0@web.de", "hard-recipient")]
    both = judged(event(Kind.HARD, "gone1@web.de", ago=-2 * DAY), standing=one, now=NOW + 3 * DAY).standing
    assert [recipient for _, recipient, _ in asked(both)] == ["gone0@web.de", "gone1@web.de"]
    confirmed = confirm(both, both.proposals[0].id, now=NOW + 3 * DAY, **ADA)
    assert asked(confirmed) == asked(both)[1:]


def test_a_termination_that_was_dismissed_hides_no_question_about_an_address():
    freed = unblock(judged(bounced(1)).standing, "gone0@web.de", now=NOW, **ADA)
    stopped = judged(GUESSED, delivered(400), standing=freed).standing
    spared = dismiss(stopped, stopped.proposals[0].id, now=NOW + DAY, **ADA)
    after = judged(event(Kind.HARD, "gone0@web.de", ago=-2 * DAY), standing=spared, now=NOW + 3 * DAY).standing
    assert asked(after) == [("block", "gone0@web.de", "hard-recipient")]


def test_unblocks_are_remembered_for_a_year_and_once_an_address():
    """The newest decision about an address is the one that counts."""
    standing = BAKERY
    for name, days in (("old@b.c", 0), ("edge@b.c", 1), ("a@b.c", 2), ("young@b.c", 300)):
        when = NOW + days * DAY
        standing = unblock(block(standing, name, now=when, **ADA), name, now=when, **ADA)
    last = NOW + 366 * DAY
    standing = unblock(block(standing, "a@b.c", now=last, **ADA), "a@b.c", now=last, **ADA)
    assert [(one.recipient, one.at) for one in standing.unblocks] == [
        ("young@b.c", NOW + 300 * DAY),
        ("a@b.c", last),
    ]


def test_an_escalation_looks_back_180_days():
    back = reinstate(judged(bounced(16), delivered(20)).standing, now=NOW + DAY, **ADA)
    for late, asks in ((timedelta(0), ["escalation"]), (timedelta(milliseconds=1), [])):
        then = NOW + 180 * DAY + late
        again = judged(bounced(16, name="new", now=then), standing=back, now=then).standing
        assert [rule for _, _, rule in asked(again)] == asks


def test_what_was_dismissed_before_stays_dismissed():
    asked = [
        Proposal(id=name, at=NOW, action="block", recipient=f"{name}@b.c", evidence=Evidence(rule="x", sentence="x"))
        for name in ("p", "q")
    ]
    standing = msgspec.structs.replace(BAKERY, proposals=tuple(asked))
    for name in ("p", "q"):
        standing = dismiss(standing, name, now=NOW, **ADA)
    assert set(standing.windows["closed"]) == {"block:p@b.c", "block:q@b.c"}


def test_an_outages_blocks_begin_and_end_with_the_moments_named_and_leave_out_manual_ones():
    standing = judged(bounced(2, domain="gmx.net"), delivered(90)).standing
    standing = block(standing, "boss@gmx.net", now=NOW, **ADA)
    both = ("gone0@gmx.net", "gone1@gmx.net")
    assert blocked_at(standing, "gmx.net", NOW, NOW) == both
    assert blocked_at(standing, "gmx.net", NOW + timedelta(seconds=1), NOW + DAY) == ()
    assert blocked_at(standing, "gmx.net", NOW - DAY, NOW - timedelta(seconds=1)) == ()


def test_the_end_of_a_soft_block_names_its_events():
    first = judged([event(Kind.SOFT, "full@web.de", id_=f"s{day}", ago=day * DAY) for day in (9, 7, 5)])
    (end,) = judged(standing=first.standing, now=NOW + 31 * DAY).actions
    assert (end.recipient, end.evidence.rule, end.evidence.events) == (
        "full@web.de",
        "soft-recipient",
        ("s5", "s7", "s9"),
    )


def test_the_operators_commands_are_recorded_and_mailed():
    stopped = suspend(BAKERY, by="Ada", reason="phishing page", now=NOW)
    assert (stopped.state, stopped.transitions[-1].by, notices(stopped)) == (State.SUSPENDED, "Ada", ["suspended"])
    ended = terminate(stopped, by="Bob", reason="again", now=NOW + DAY)
    back = reinstate(ended, by="Ada", reason="new owner", now=NOW + 2 * DAY)
    assert (back.state, back.reinstated) == (State.GOOD, NOW + 2 * DAY)
    assert [one.after for one in back.transitions] == [State.SUSPENDED, State.TERMINATED, State.GOOD]
    assert len({one.id for one in back.transitions}) == 3
    held = block(back, "Boss@Web.de", by="Ada", reason="asked us to", now=NOW)
    assert (held.blocks["boss@web.de"].by, notices(held)[-1]) == ("Ada", "blocked")
    assert blocked(judged(event(Kind.HARD, "boss@web.de", ago=-3 * DAY), standing=held, now=NOW + 4 * DAY)) == [
        "boss@web.de"
    ]


WRONG = {
    "suspend twice": lambda: suspend(suspend(BAKERY, now=NOW, **ADA), now=NOW, **ADA),
    "reinstate the good": lambda: reinstate(BAKERY, now=NOW, **ADA),
    "terminate twice": lambda: terminate(terminate(BAKERY, now=NOW, **ADA), now=NOW, **ADA),
    "nobody": lambda: suspend(BAKERY, by=" ", reason="x", now=NOW),
    "no reason": lambda: suspend(BAKERY, by="Ada", reason="", now=NOW),
    "block no address": lambda: block(BAKERY, "boss", now=NOW, **ADA),
    "unblock the free": lambda: unblock(BAKERY, "a@b.c", now=NOW, **ADA),
    "unblock nobody": lambda: unblock(BAKERY, [], now=NOW, **ADA),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_refused_with_a_hint(wrong):
    with pytest.raises(InnkeeperError) as err:
        wrong()
    assert err.value.hint


def test_blocks_of_an_outage_are_found_by_provider_and_time():
    """C5: `unblock --provider --between` undoes them."""
    standing = judged(bounced(3), bounced(2, domain="gmx.net"), delivered(90)).standing
    assert blocked_at(standing, "GMX.net", NOW - DAY, NOW + DAY) == ("gone0@gmx.net", "gone1@gmx.net")
    assert blocked_at(standing, "gmx.net", NOW + DAY, NOW + 2 * DAY) == ()
    lifted = unblock(standing, blocked_at(standing, "gmx.net", NOW - DAY, NOW + DAY), now=NOW, **ADA)
    assert len(lifted.blocks) == 3
    assert len([one for one in lifted.outbox if one.kind == "unblocked"]) == 1


def test_expire_alone_lets_a_soft_block_go_and_remembers_it():
    until = NOW - DAY
    held = Standing(tenant="t", blocks={"a@b.c": Block(reason="soft", since=NOW - 31 * DAY, until=until)})
    free = expire(held, NOW)
    assert free.blocks == {}
    assert expire(free, NOW) is free
    softs = [event(Kind.SOFT, "a@b.c", ago=day * DAY) for day in (8, 6, 4)]
    assert blocked(judged(softs, standing=free)) == []


def test_history_and_outbox_are_bounded():
    """C15."""
    old = tuple(Notice(id=f"n{i}", kind="warned", at=NOW, sent=NOW) for i in range(50))
    standing = msgspec.structs.replace(BAKERY, outbox=old)
    for i in range(60):
        standing = suspend(standing, now=NOW + i * DAY, **ADA)
        standing = reinstate(standing, now=NOW + i * DAY, **ADA)
    after = judged(standing=standing, now=NOW + 70 * DAY).standing
    assert len(after.transitions) == 50
    assert len([one for one in after.outbox if one.sent]) == 20
    assert len([one for one in after.outbox if not one.sent]) == 120


# -- explain -----------------------------------------------------------------------------------------


def test_explain_a_tenant():
    standing = judged(bounced(16), delivered(20)).standing
    text = "\n".join(explain(standing, "Bakery"))
    for part in (
        "Bakery is suspended",
        "16 addresses",
        "rule hard-tenant",
        "suspend addresses 15",
        "events hard-",
        "good → suspended",
    ):
        assert part in text
    back = reinstate(standing, now=NOW + DAY, **ADA)
    assert "Nothing before the reinstatement of 2026-11-24" in "\n".join(explain(back))


def test_explain_a_recipient():
    verdict = judged([event(Kind.SOFT, "full@web.de", ago=day * DAY) for day in (9, 7, 5)], bounced(1))
    text = "\n".join(explain(verdict.standing, recipient="Full@web.de"))
    assert "may not write to full@web.de (soft)" in text
    assert "until 2026-12-23" in text
    assert text.count("soft bounce (event") == 3
    assert "not blocked" in explain(verdict.standing, recipient="other@web.de")[0]
    lifted = unblock(verdict.standing, "full@web.de", now=NOW, **ADA)
    assert "Unblocked on 2026-11-23 06:00 UTC by Ada: it was explained" in explain(lifted, recipient="full@web.de")


def test_evidence_names_twenty_events_and_the_number_of_the_rest():
    evidence = finding(judged(bounced(60), delivered(10)), "hard-tenant")
    assert (len(evidence.events), evidence.events_total) == (20, 60)
    assert isinstance(evidence, Evidence)
