"""J1: a standing without one person, part by part."""

from datetime import timedelta

import msgspec
import pytest
from rules_events import NOW, bounced, complained, delivered, event, judged

from provisioner.model.event import Kind
from provisioner.model.standing import Block, Evidence, Forgotten, Proposal, Standing, Unblock
from provisioner.rules.forgetting import forget, marker, recall

DAY = timedelta(days=1)
KEY = b"k"
GONE, OTHER = "gone0@web.de", "gone1@web.de"
BAKERY = Standing(tenant="bakery")
MARK = "72077525838fddbe8c57329dc1f6f528"  # of a@b.c, with this key


def test_an_address_is_marked_alike_in_any_spelling_of_its_letters():
    assert marker(KEY, "a@b.c") == marker(KEY, "A@B.c") == MARK
    assert marker(b"another", "a@b.c") != MARK


UNTIL = {None: True, NOW - DAY: False, NOW: False, NOW + timedelta(milliseconds=1): True}


@pytest.mark.parametrize("until", UNTIL)
def test_a_block_that_still_protects_stays_without_its_name(until):
    held = {name: Block(reason="hard", since=NOW - DAY, until=until) for name in ("a@b.c", "b@b.c")}
    earlier = {"x": Forgotten(reason="hard", since=NOW)}
    after = forget(msgspec.structs.replace(BAKERY, blocks=held, forgotten=earlier), "a@b.c", KEY, NOW)
    assert list(after.blocks) == ["b@b.c"]
    kept = {MARK: Forgotten(reason="hard", since=NOW - DAY, until=until)} if UNTIL[until] else {}
    assert after.forgotten == {**earlier, **kept}


def test_a_forgotten_block_is_named_again_by_who_names_it():
    kept = {MARK: Forgotten(reason="soft", since=NOW - DAY, until=NOW), "x": Forgotten(reason="hard", since=NOW)}
    standing = msgspec.structs.replace(BAKERY, forgotten=kept)
    after = recall(standing, ["<A@B.c>", "b@b.c"], KEY)
    assert after.blocks == {"a@b.c": Block(reason="soft", since=NOW - DAY, until=NOW)}
    assert list(after.forgotten) == ["x"]
    anew = {"a@b.c": Block(reason="manual", since=NOW)}
    again = recall(msgspec.structs.replace(standing, blocks=anew), ["a@b.c"], KEY)
    assert (again.blocks, list(again.forgotten)) == (anew, ["x"])


def test_what_was_decided_about_a_person_is_forgotten_and_about_others_kept():
    lifts = tuple(Unblock(recipient=name, at=NOW, by="Ada", reason="x") for name in (f"<{GONE}>", GONE, OTHER))
    why = Evidence(rule="x", sentence="x")
    asked = tuple(
        Proposal(id=name, at=NOW, action="block", recipient=name or None, evidence=why) for name in (GONE, OTHER, "")
    )
    after = forget(msgspec.structs.replace(BAKERY, unblocks=lifts, proposals=asked), GONE, KEY, NOW)
    assert ([one.recipient for one in after.unblocks], [one.id for one in after.proposals]) == ([OTHER], [OTHER, ""])
    assert after.windows == {}


ALONE = {
    "a hard bounce": bounced(1),
    "a complaint": [event(Kind.COMPLAINT, GONE)],
    "soft bounces": [event(Kind.SOFT, GONE), event(Kind.DELIVERY, GONE, ago=DAY)],
}


@pytest.mark.parametrize("events", ALONE.values(), ids=ALONE)
def test_what_happened_still_counts_and_no_longer_says_to_whom(events):
    others = [*bounced(1, name="gone1"), *complained(2), *delivered(9)]
    before = judged(others, events)
    after = forget(before.standing, GONE, KEY, NOW)
    assert GONE in str(before.standing.windows)
    assert GONE not in str(after.windows)
    again = judged(standing=after).counts
    kept = {name: number for name, number in before.counts.items() if name not in ("soft", "blocked")}
    assert {name: again[name] for name in kept} == kept
    assert (again["soft"], "gone10@web.de" in str(after.windows)) == (0, True)


def test_the_end_of_a_soft_block_is_forgotten_and_windows_without_a_person_stay_as_they_are():
    lifted = {"schema": 1, "lifted": {GONE: "2026-11-22T06:00:00.000Z", OTHER: "2026-11-22T06:00:00.000Z"}}
    after = forget(msgspec.structs.replace(BAKERY, windows=lifted), GONE, KEY, NOW)
    assert after.windows == {"schema": 1, "lifted": {OTHER: "2026-11-22T06:00:00.000Z"}}
    old = {"lifted": lifted["lifted"], "strange": 1}
    assert forget(msgspec.structs.replace(BAKERY, windows=old), "nobody@web.de", KEY, NOW).windows == old


def test_a_bounce_and_a_complaint_stay_with_their_event_and_reason():
    before = judged(event(Kind.HARD, GONE, id_="h", status="5.1.1"), event(Kind.COMPLAINT, GONE, id_="c")).standing
    after = forget(before, GONE, KEY, NOW).windows
    at = "2026-11-21T06:00:00.000Z"
    assert after["hard"] == {" h": [[at, "h", "5.1.1"]]}
    assert after["complaints"] == {"c": [at, ""]}
