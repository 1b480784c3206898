"""Bounces as text: in the order of time, each read as it was written."""

from hypothesis import given
from hypothesis import strategies as st
from rules_events import NOW, ms

from provisioner.model.event import Event, Kind
from provisioner.model.standing import Standing
from provisioner.rules import decide, resolve_policy
from provisioner.rules.base import evidence
from provisioner.rules.clock import DAY
from provisioner.rules.hard import HardBounces
from provisioner.rules.ids import digest
from provisioner.rules.lines import bounce_of, bounces_of, bound, joined, line_of
from provisioner.rules.soft import SoftBounces, _ends

TIMES = st.integers(0, 9_999_999_999_998)
WORDS = st.text(st.characters(exclude_characters="\n\x1f"), max_size=20)
BOUNCES = st.tuples(TIMES, WORDS, WORDS)


@given(st.lists(BOUNCES, min_size=1, max_size=5))
def test_a_line_is_read_as_it_was_written_and_lines_sort_by_time(bounces):
    lines = [line_of(*one) for one in bounces]
    assert bounces_of(joined(lines)) == bounces
    assert [bounce_of(line)[0] for line in sorted(lines)] == sorted(when for when, _, _ in bounces)
    least = min(bounces)[0]
    assert all(line >= bound(least) for line in lines)
    assert not any(line >= bound(max(bounces)[0] + 1) for line in lines)


def test_control_characters_break_no_line():
    """No id of ours holds one; an object written by somebody else might."""
    assert bounces_of(line_of(5, "a\nb\x1fc", "5\x1f1")) == [(5, "a b c", "5 1")]
    at = ms(NOW) - DAY
    odd = [
        Event(kind, f"{kind}\n\x1f{n}", at, at, "", f"p{n}@web.de", "5\n")
        for kind in (Kind.HARD, Kind.SOFT)
        for n in (1, 2)
    ]
    verdict = decide(odd, Standing(tenant="bakery"), resolve_policy("standard"), NOW)
    again = decide(odd, verdict.standing, resolve_policy("standard"), NOW)
    assert again.standing == verdict.standing
    assert sorted(verdict.standing.blocks) == ["p1@web.de", "p2@web.de"]


DAYS = st.lists(st.tuples(st.integers(0, 5 * DAY), st.sampled_from(["x", "y", "z"])), max_size=12)


@given(DAYS)
def test_of_a_day_the_first_and_the_last_are_kept(bounces):
    ordered = sorted(set(bounces))
    days = [when // DAY for when, _ in ordered]
    kept = {min(one for one in ordered if one[0] // DAY == day) for day in days} | {
        max(one for one in ordered if one[0] // DAY == day) for day in days
    }
    assert _ends(ordered, days) == sorted(kept)


@given(DAYS, st.lists(st.integers(0, 5 * DAY), max_size=900), st.integers(0, 5))
def test_soft_bounces_remember_the_same_in_any_order_and_forget_by_the_day(bounces, delivered, day):
    one, other = SoftBounces(), SoftBounces()
    for soft, turn in ((one, 1), (other, -1)):
        for when, event in bounces[::turn]:
            soft.add("a@web.de", when, event)
            soft.add("b@web.de", when, event)
        for when in delivered[::turn]:
            soft.add_delivery("b@web.de", when)
            soft.add_delivery("nobody@web.de", when)
    one.prune(day * DAY + 5)
    other.prune(day * DAY + 5)
    assert one.dump() == other.dump() == SoftBounces.load(one.dump()).dump()
    left = sorted({when for when in delivered if when >= day * DAY})
    assert one.times_delivered("b@web.de") == (_ends(left, [when // DAY for when in left]) if one.at else [])
    assert one.times_delivered("a@web.de") == []


def test_the_people_who_bounced_last_are_kept():
    soft, hard = SoftBounces(), HardBounces()
    for number in range(9):
        soft.add(f"p{number}@{'ab'[number % 2]}.example", number * DAY, f"e{number}")
        hard.add(f"p{number}@web.de", number * DAY, f"e{number}", "")
    soft.cut(3)
    hard.cut(3)
    assert sorted(soft.addresses()) == ["p6@a.example", "p7@b.example", "p8@a.example"]
    assert hard.addresses() == ["p6@web.de", "p7@web.de", "p8@web.de"]
    assert [hard.count(when * DAY) for when in (0, 7, 9)] == [3, 2, 0]


def test_many_events_are_named_as_few_are():
    """Whether their number is known before or not."""
    events = [f"e{number % 9_000:05d}" for number in range(10_000, 0, -1)]
    counted, given_ = evidence("r", "s", iter(events)), evidence("r", "s", iter(events), total=9_000)
    assert counted == given_
    assert given_.events[0] == "e00000"
    assert len(given_.events) == 20


def test_what_comes_bit_by_bit_has_the_id_of_the_whole():
    assert digest("a", [("b", None), ("c", ())], 1) == digest("a", iter([("b", None), ("c", ())]), 1)
    assert digest("a", []) == digest("a", iter(())) != digest("a")
