"""How outcomes become a standing: each once, the firmer reason wins, and what is settled stays settled."""

from datetime import timedelta

import msgspec
import pytest
from rules_events import NOW, bounced, delivered, event, finding, judged, many, names, notices, viruses

from provisioner.model.event import Kind
from provisioner.model.standing import Block, Evidence, Proposal, Standing, State, Unblock
from provisioner.model.verdict import BlockRecipient, Propose, UnblockRecipient
from provisioner.rules import expire, reinstate, resolve_policy, unblock
from provisioner.rules.changes import Changes
from provisioner.rules.ids import digest
from provisioner.rules.memory import Memory

DAY = timedelta(days=1)
ADA = {"by": "Ada", "reason": "it was explained"}
BAKERY = Standing(tenant="bakery")
WHY = Evidence(rule="x", sentence="It was so.", events=("e",))


def blocking(*pairs):
    return [BlockRecipient(recipient=address, reason=reason, evidence=WHY) for address, reason in pairs]


FIRMER = {
    # known, then -> kept, whether it is an action
    "complaint over soft": ("soft", "complaint", "complaint"),
    "hard over complaint": ("complaint", "hard", "hard"),
    "hard again": ("hard", "hard", "hard"),
    "complaint under hard": ("hard", "complaint", "hard"),
    "hard under a person's": ("manual", "hard", "manual"),
}


@pytest.mark.parametrize(("known", "new", "kept"), FIRMER.values(), ids=FIRMER)
def test_a_block_keeps_the_firmer_reason_and_its_beginning(known, new, kept):
    ends = NOW + DAY if known == "soft" else None
    held = {"a@b.c": Block(reason=known, since=NOW - DAY, until=ends)}
    changes = Changes(msgspec.structs.replace(BAKERY, blocks=held), Memory(), NOW)
    changes.block(blocking(("a@b.c", new), ("b@b.c", "hard")))
    assert (changes.blocks["a@b.c"].reason, changes.blocks["a@b.c"].since) == (kept, NOW - DAY)
    assert changes.blocks["a@b.c"].evidence == (None if known == kept else WHY)
    assert changes.blocks["b@b.c"] == Block(reason="hard", since=NOW, evidence=WHY)
    told = ["a@b.c", "b@b.c"] if known == "soft" else ["b@b.c"]  # to the tenant nothing else changes
    assert [one.recipient for one in changes.actions] == told
    assert [one.recipients for one in changes.outbox] == [tuple(told)]


def test_two_reasons_at_once_are_one_block_and_one_line():
    changes = Changes(BAKERY, Memory(), NOW)
    changes.block(blocking(("a@b.c", "hard"), ("a@b.c", "soft")))
    assert [(one.recipient, one.reason) for one in changes.actions] == [("a@b.c", "hard")]


def test_questions_are_asked_in_order_whatever_order_they_came_in():
    changes = Changes(BAKERY, Memory(), NOW)
    asked = [Propose(action="block", kind="hard", recipient=f"{name}@b.c", evidence=WHY) for name in "ba"]
    changes.propose([Propose(action="terminate", kind="hard", evidence=WHY), *asked])
    assert [one.recipient for one in changes.proposals] == ["a@b.c", "b@b.c", None]


def test_a_block_that_ends_and_one_that_begins_are_both_done():
    held = {"a@b.c": Block(reason="soft", since=NOW - 30 * DAY, until=NOW)}
    verdict = judged(bounced(1), standing=msgspec.structs.replace(BAKERY, blocks=held))
    assert [(type(one), one.recipient) for one in verdict.actions] == [
        (UnblockRecipient, "a@b.c"),
        (BlockRecipient, "gone0@web.de"),
    ]


def test_a_termination_closes_the_question_about_it_and_no_other():
    asked = [
        Proposal(id="p", at=NOW, action="terminate", evidence=WHY),
        Proposal(id="q", at=NOW, action="block", recipient="a@b.c", evidence=WHY),
    ]
    standing = msgspec.structs.replace(BAKERY, proposals=tuple(asked))
    verdict = judged(viruses(1, ago=9 * DAY), viruses(1), standing=standing)
    assert verdict.after is State.TERMINATED
    assert verdict.standing.proposals == (asked[1],)


def test_a_reinstatement_clears_the_reason():
    stopped = judged(viruses(1)).standing
    assert stopped.evidence.rule == "virus"
    assert reinstate(stopped, now=NOW + DAY, **ADA).evidence is None


def test_a_warning_is_due_again_after_28_days_to_the_millisecond():
    warned = judged(bounced(6), delivered(30)).standing
    for early, times in ((timedelta(milliseconds=1), 1), (timedelta(0), 2)):
        then = NOW + 28 * DAY - early
        again = judged(bounced(6, name="new", now=then), standing=warned, now=then)
        assert notices(again.standing).count("warned") == times


def test_the_end_of_a_warning_has_an_id_of_its_own_and_no_kind():
    warned = judged(bounced(6), delivered(30)).standing
    end = judged(standing=warned, now=NOW + 28 * DAY).standing.transitions[-1]
    content = ("bakery", warned.transitions[-1].id, State.WARNED, State.GOOD, "", "", ())
    assert (end.id, end.kind) == (digest("transition", *content), "")


# -- complaints by one recipient ---------------------------------------------------------------------

ANGRY = "angry@yahoo.com"


def complaints(*days, **more):
    return [event(Kind.COMPLAINT, ANGRY, ago=day * DAY, **more) for day in days]


def test_complaints_before_an_unblock_are_settled_those_after_count():
    stopped = judged(complaints(3, 2, 1), delivered(60)).standing
    lifted = unblock(stopped, ANGRY, now=NOW - DAY, **ADA)  # in the very moment of the last
    assert judged(standing=lifted).standing.blocks == {}
    again = judged(complaints(-1, -2), standing=lifted, now=NOW + 3 * DAY)
    assert finding(again, "complaint-recipient").numbers == {"complaints": 2}


def test_each_complainer_is_told_by_their_own_number():
    events = [event(Kind.COMPLAINT, f"{name}@yahoo.com") for name in "abbcdd"]
    told = [
        one.evidence for one in judged(events, delivered(60)).findings if one.evidence.rule == "complaint-recipient"
    ]
    assert [one.numbers["complaints"] for one in told] == [1, 2, 1, 2]


def test_each_full_mailbox_is_told_by_its_own_days():
    days = {"a@web.de": (3, 2, 1), "b@web.de": (4, 3, 2, 1), "c@web.de": (5, 4, 3)}
    events = [event(Kind.SOFT, name, ago=day * DAY) for name, each in days.items() for day in each]
    told = [one.evidence for one in judged(events).findings if one.evidence.rule == "soft-recipient"]
    assert [one.numbers["days"] for one in told] == [3, 4, 3]


@pytest.mark.parametrize(("reason", "kept"), [("soft", "complaint"), ("hard", "hard"), ("manual", "manual")])
def test_a_complainer_who_is_blocked_for_good_already_is_not_named_again(reason, kept):
    held = msgspec.structs.replace(BAKERY, blocks={ANGRY: Block(reason=reason, since=NOW)})
    verdict = judged(complaints(3, 2, 1), delivered(60), standing=held)
    assert verdict.standing.blocks[ANGRY].reason == kept
    assert (finding(verdict, "complaint-recipient") is None) is (reason == kept)


def test_an_address_is_blocked_for_bounces_of_28_days():
    for late, count in ((timedelta(0), 1), (timedelta(milliseconds=1), 0)):
        assert len(judged(bounced(1, ago=28 * DAY + late)).standing.blocks) == count


@pytest.mark.parametrize("old", ["<boss@web.de>", "boss@web.de"])
def test_an_old_block_is_lifted_under_the_name_it_was_typed(old):
    """Blocks by hand were kept as typed once; what is blocked under the name in events is found by any spelling."""
    held = msgspec.structs.replace(BAKERY, blocks={old: Block(reason="manual", since=NOW, by="Ada")})
    assert unblock(held, "<Boss@Web.de>", now=NOW, **ADA).blocks == {}


def test_a_notice_names_all_addresses_and_explains_a_hundred():
    (notice,) = judged(bounced(101)).standing.outbox[:1]
    assert (len(notice.recipients), len(notice.evidence)) == (101, 100)


def test_two_thousand_unblocks_are_remembered_and_all_of_one_command():
    lifts = tuple(Unblock(recipient=f"{n}@b.c", at=NOW, by="Ada", reason="x") for n in range(2_000))
    held = msgspec.structs.replace(BAKERY, unblocks=lifts, blocks={ANGRY: Block(reason="hard", since=NOW)})
    after = unblock(held, ANGRY, now=NOW, **ADA).unblocks
    assert (len(after), after[0], after[-1].recipient) == (2_000, lifts[1], ANGRY)
    many = {f"x{n}@b.c": Block(reason="hard", since=NOW) for n in range(2_001)}
    assert len(unblock(msgspec.structs.replace(held, blocks=many), many, now=NOW, **ADA).unblocks) == 2_001


AFTER = {
    # how long after the unblock it bounced -> what is done
    "in that moment": (timedelta(0), None),
    "a millisecond later": (timedelta(milliseconds=1), Propose),
    "365 days later": (365 * DAY, Propose),
    "a millisecond after a year": (365 * DAY + timedelta(milliseconds=1), BlockRecipient),
}


@pytest.mark.parametrize(("late", "action"), AFTER.values(), ids=AFTER)
def test_a_bounce_after_an_unblock_is_asked_about_for_a_year(late, action):
    lifted = unblock(judged(bounced(1)).standing, "gone0@web.de", now=NOW, **ADA)
    again = event(Kind.HARD, "gone0@web.de", status="5.1.1", ago=timedelta(0), now=NOW + late)
    verdict = judged(again, standing=lifted, now=NOW + late)
    assert [type(one) for one in verdict.actions] == ([action] if action else [])


@pytest.mark.parametrize(("reason", "kept"), [("complaint", "hard"), ("hard", "hard"), ("manual", "manual")])
def test_a_bounced_address_that_is_blocked_for_good_already_is_not_named_again(reason, kept):
    held = msgspec.structs.replace(BAKERY, blocks={"gone0@web.de": Block(reason=reason, since=NOW)})
    verdict = judged(bounced(1), standing=held)
    assert verdict.standing.blocks["gone0@web.de"].reason == kept
    assert (finding(verdict, "hard-recipient") is None) is (reason == kept)


def test_a_hundred_refusals_for_reputation_are_said_as_so_many_or_more():
    for count, words in ((1, "1 mail was"), (99, "99 mails were"), (100, "100 or more mails were")):
        verdict = judged(many(Kind.POLICY, count), delivered(9))
        assert finding(verdict, "advice-policy").sentence.startswith(f"{words} refused because of the sender's policy")
        assert names(verdict) == ["tell policy"]


def test_advice_looks_back_28_days():
    assert finding(judged(many(Kind.POLICY, 1, ago=28 * DAY)), "advice-policy")
    assert not finding(judged(many(Kind.POLICY, 1, ago=28 * DAY + timedelta(milliseconds=1))), "advice-policy")


# -- one judgement -----------------------------------------------------------------------------------


def test_a_day_before_the_last_audit_a_judgement_is_a_review():
    audited = judged(delivered(100)).standing
    then = NOW - DAY
    review = judged(bounced(20, now=then), standing=audited, now=then)
    assert (review.standing, review.actions, review.at, review.after) == (audited, (), then, State.GOOD)
    assert (review.counts["hard"], bool(finding(review, "hard-tenant"))) == (20, True)
    then += timedelta(milliseconds=1)
    assert judged(bounced(20, now=then), standing=audited, now=then).after is State.SUSPENDED


def softly(*names):
    held = {name: Block(reason="soft", since=NOW - 31 * DAY, until=NOW - DAY) for name in names}
    return msgspec.structs.replace(BAKERY, blocks=held)


def test_blocks_that_ended_are_lifted_in_order_and_said():
    verdict = judged(standing=softly("b@b.c", "a@b.c"))
    assert [one.recipient for one in verdict.actions] == ["a@b.c", "b@b.c"]
    assert verdict.actions[0].evidence == Evidence(
        rule="soft-recipient", sentence="The block of a@b.c ran out; it is tried again."
    )


def test_an_ended_block_is_remembered_beside_those_before():
    free = expire(softly("b@b.c"), NOW)
    assert free.windows == {"schema": 1, "lifted": {"b@b.c": "2026-11-22T06:00:00.000Z"}}
    again = expire(msgspec.structs.replace(softly("a@b.c"), windows=free.windows), NOW)
    assert sorted(again.windows["lifted"]) == ["a@b.c", "b@b.c"]
    just = {"a@b.c": Block(reason="soft", since=NOW - DAY, until=NOW)}
    assert expire(msgspec.structs.replace(BAKERY, blocks=just), NOW).blocks == {}
    assert expire(msgspec.structs.replace(BAKERY, blocks=just), NOW - timedelta(milliseconds=1)).blocks == just


REMEMBERED = {Kind.POLICY: 28, Kind.VIRUS: 365, Kind.COMPLAINT: 365}


@pytest.mark.parametrize(("kind", "days"), REMEMBERED.items())
def test_what_left_its_window_is_not_remembered(kind, days):
    part = {Kind.POLICY: "advice", Kind.VIRUS: "virus", Kind.COMPLAINT: "complaints"}[kind]
    policy = resolve_policy("standard", {"soft.recipient.window_days": 1})  # the longest of all counts
    for late, known in ((timedelta(0), True), (timedelta(milliseconds=1), False)):
        verdict = judged(event(kind, "a@b.c", ago=days * DAY + late), policy=policy)
        assert (part in verdict.standing.windows) is known
