"""Single addresses and events as a memory holds them: which are kept when there are too many, and in what order."""

from array import array

import pytest
from rules_events import NOW, event, judged

from provisioner.feedback.facts import decode_rows, encode_facts
from provisioner.model.event import Event, Kind
from provisioner.rules import hard, recent, soft, traces
from provisioner.rules.clock import DAY, HOUR, to_ms
from provisioner.rules.correspondence import pack
from provisioner.rules.hard import HardBounces
from provisioner.rules.lines import bounces_of, line_of
from provisioner.rules.memory import Memory, cap_of
from provisioner.rules.recent import Recent
from provisioner.rules.sample import token
from provisioner.rules.soft import People, SoftBounces
from provisioner.rules.traces import Advice, Complaints, Incidents


def complaints(*ones):
    known = Complaints()
    for one in ones:
        known.add(*one)
    return known


def test_of_a_complaint_told_twice_the_earlier_and_the_unclear_stay():
    assert complaints(("e", 5, "a@b.c"), ("e", 5, ""), ("e", 7, "")).of == {"e": (5, "")}
    assert complaints(("e", 7, ""), ("e", 5, "a@b.c")).of == {"e": (5, "a@b.c")}


def test_too_many_complaints_leave_the_newest(monkeypatch):
    monkeypatch.setattr(traces, "COMPLAINTS_IN_A_RUN", 2)
    four = [("b", 2, "x"), ("a", 1, "x"), ("d", 2, "x"), ("c", 2, "y")]
    assert list(complaints(*four).of) == ["b", "a", "d", "c"]
    assert list(complaints(*four, ("e", 1, "x")).of) == ["c", "d"]
    known = complaints(*four)
    known.cut(4)
    assert len(known.of) == 4
    known.prune(2)
    assert sorted(known.of) == ["b", "c", "d"]
    assert next(iter(known.dump().items())) == ("b", ["1970-01-01T00:00:00.002Z", "x"])
    assert Complaints.load(known.dump()).of == known.of


def incidents(*ones, pause=10):
    known = Incidents(pause)
    for when, name in ones:
        known.add(when, name)
    return [(one.start, one.end, sorted(one.events)) for one in known.all], known


def test_incidents_are_parted_by_more_than_a_pause_whatever_the_order():
    ones = [(50, "e"), (10, "a"), (39, "d"), (20, "b"), (29, "c")]
    assert incidents(*ones)[0] == [(10, 39, ["a", "b", "c", "d"]), (50, 50, ["e"])]
    assert incidents(*ones, (49, "f"))[0] == [(10, 50, ["a", "b", "c", "d", "e", "f"])]
    assert Incidents().pause == Incidents.load([]).pause == HOUR


def test_an_incident_names_a_few_of_its_events(monkeypatch):
    monkeypatch.setattr(traces, "VIRUS_EVENTS", 2)
    four = [(10, name) for name in "cbda"]
    found, known = incidents(*four)
    assert found == [(10, 10, ["a", "b", "c", "d"])]
    assert incidents(*four, (10, "e"))[0] == [(10, 10, ["a", "b"])]
    known.add(90, "z")
    known.prune(10)
    assert [sorted(one.events) for one in known.all] == [["a", "b"], ["z"]]
    again = Incidents.load(known.dump(), 3)
    assert ([(one.start, one.end, one.events) for one in again.all], again.pause) == (
        [(10, 10, {"a", "b"}), (90, 90, {"z"})],
        3,
    )
    known.prune(11)
    assert [one.start for one in known.all] == [90]


def test_advice_keeps_the_newest_events_of_each_kind(monkeypatch):
    monkeypatch.setattr(traces, "ADVICE_EVENTS", 2)
    known = Advice()
    for name, when in (("a", 9), ("b", 5), ("c", 5), ("d", 7), ("a", 8), ("a", 10)):
        known.add("policy", name, when)
    assert known.of == {"policy": {"a": 8, "b": 5, "c": 5, "d": 7}}
    known.add("relay", "r", 4)
    again = Advice.load(known.dump())
    again.prune(5)
    assert again.of == {"policy": {"a": 8, "d": 7}}
    known.add("policy", "e", 5)
    assert known.of == {"policy": {"a": 8, "d": 7}, "relay": {"r": 4}}
    assert list(known.dump()) == ["policy", "relay"]
    alike = Advice()
    for name in "abcde":
        alike.add("policy", name, 5)
    assert list(alike.of["policy"]) == ["e", "d"]


def bounced(*ones):
    known = HardBounces()
    for address, when, *rest in ones:
        known.add(address, when, *(rest or [f"e{when}", ""]))
    return known


def test_an_address_keeps_its_four_newest_hard_bounces():
    known = bounced(*(("a@b.c", when) for when in (3, 1, 5, 2, 4, 5)))
    assert known.of("a@b.c") == [(when, f"e{when}", "") for when in (5, 4, 3, 2)]
    assert (known.of("b@b.c"), known.remove("b@b.c"), len(known)) == ([], [], 1)
    known.prune(4)
    assert known.of("a@b.c") == [(5, "e5", ""), (4, "e4", "")]
    assert HardBounces.load(known.dump()).of("a@b.c") == known.of("a@b.c")
    assert known.remove("a@b.c") == [(5, "e5", ""), (4, "e4", "")]
    assert known.addresses() == []


def test_too_many_addresses_leave_those_that_bounced_last(monkeypatch):
    monkeypatch.setattr(hard, "HARD_IN_A_RUN", 2)
    four = [("a@b.c", 4), ("b@b.c", 1), ("c@b.c", 4), ("d@b.c", 3)]
    assert bounced(*four).addresses() == ["a@b.c", "b@b.c", "c@b.c", "d@b.c"]
    assert bounced(*four, ("e@b.c", 4)).addresses() == ["c@b.c", "e@b.c"]
    known = bounced(*four)
    assert [known.count(since) for since in (1, 2, 4, 5)] == [4, 3, 2, 0]
    assert list(known.newest(4)) == [("a@b.c", (4, "e4", "")), ("c@b.c", (4, "e4", ""))]
    known.prune(4)
    assert known.addresses() == ["a@b.c", "c@b.c"]
    known.prune(5)
    assert len(known) == 0


def test_hard_bounces_are_used_up_in_order_and_the_newest_addresses_stay(monkeypatch):
    monkeypatch.setattr(hard, "HARD_ADDRESSES", 2)
    known = bounced(("c@b.c", 4), ("b@b.c", 1), ("a@b.c", 2), ("a@b.c", 5))
    used = known.use_up()
    assert known.addresses() == ["a@b.c", "c@b.c"]
    assert list(used) == [
        ("a@b.c", [(5, "e5", ""), (2, "e2", "")]), ("b@b.c", [(1, "e1", "")]), ("c@b.c", [(4, "e4", "")]),
    ]  # fmt: skip
    assert [known.of(address) for address in ("a@b.c", "b@b.c")] == [[(5, "e5", ""), (2, "e2", "")], []]


@pytest.mark.parametrize(("cap", "left"), [(1, ["c@b.c"]), (2, ["b@b.c", "c@b.c"]), (3, ["a@b.c", "b@b.c", "c@b.c"])])
def test_all_addresses_are_given_and_the_newest_stay_known(cap, left, monkeypatch):
    monkeypatch.setattr(hard, "HARD_ADDRESSES", cap)
    known = bounced(("c@b.c", 3), ("a@b.c", 1), ("b@b.c", 2), ("b@b.c", 1))
    given = list(known.use_up())
    assert [(address, [when for when, _, _ in bounces]) for address, bounces in given] == [
        ("a@b.c", [1]),
        ("b@b.c", [2, 1]),
        ("c@b.c", [3]),
    ]
    assert known.addresses() == left


def softly(*ones):
    known = SoftBounces()
    for address, when in ones:
        known.add(address, when, f"e{when}")
    return known


def test_too_many_soft_bounced_people_leave_those_who_bounced_last(monkeypatch):
    monkeypatch.setattr(soft, "SOFT_IN_A_RUN", 2)
    four = [("a@b.c", 4), ("b@d.e", 1), ("c@b.c", 4), ("d@d.e", 3)]
    known = softly(*four, *four)
    assert (sorted(known.addresses()), known.count) == (["a@b.c", "b@d.e", "c@b.c", "d@d.e"], 4)
    cut = softly(*four, ("e@d.e", 4))
    assert (sorted(cut.addresses()), cut.count, sorted(cut.at)) == (["c@b.c", "e@d.e"], 2, ["b.c", "d.e"])
    known.cut(4)
    assert known.count == 4
    known.cut(1)
    assert list(known.addresses()) == ["c@b.c"]


def test_one_person_is_forgotten_and_nobody_else():
    known = softly(("a@b.c", DAY), ("b@b.c", 2 * DAY), ("a@d.e", DAY), ("c@b.c", 3 * DAY))
    for name, when in (("c@b.c", 5), ("a@b.c", 6), ("b@b.c", 7), ("nobody@b.c", 8), ("a@nowhere.e", 8)):
        known.add_delivery(name, when)
    assert [known.remove(name) for name in ("b@b.c", "b@b.c", "x@y.z")] == [True, False, False]
    assert (sorted(known.addresses()), known.count) == (["a@b.c", "a@d.e", "c@b.c"], 3)
    assert known.of("c@b.c") == [(3 * DAY, f"e{3 * DAY}", "")]
    assert [known.times_delivered(name) for name in ("c@b.c", "a@b.c", "b@b.c", "x@y.z")] == [[5], [6], [], []]
    assert known.of("b@b.c") == known.of("x@y.z") == []
    assert known.remove("a@d.e")
    assert list(known.at) == ["b.c"]


def test_soft_bounces_are_kept_by_whole_days():
    known = softly(("a@b.c", DAY - 1), ("a@b.c", DAY), ("a@b.c", 2 * DAY), ("b@b.c", 0))
    for when in (0, DAY - 1, DAY, DAY + 9, 2 * DAY - 1):
        known.add_delivery("a@b.c", when)
    known.prune(DAY + HOUR)
    assert [when for when, _, _ in known.of("a@b.c")] == [DAY, 2 * DAY]
    assert known.times_delivered("a@b.c") == [DAY, 2 * DAY - 1]
    assert list(known.addresses()) == ["a@b.c"]
    assert [known.last_events(since) for since in (2 * DAY, 2 * DAY + 1)] == [[f"e{2 * DAY}"], []]
    assert [len(list(known.each(least))) for least in (1, 2, 3)] == [1, 1, 0]


def test_of_a_days_soft_bounces_the_first_and_the_last_are_kept():
    for whens in ((1, 2, 3), (3, 2, 1), (2, 3, 1)):
        known = softly(*(("a@b.c", DAY + when) for when in whens))
        assert [when for when, _, _ in known.of("a@b.c")] == [DAY + 1, DAY + 3]
    once = softly(("a@b.c", DAY))
    assert [len(bounces) for _, bounces in once.each()] == [1]
    assert once.dump() == {"a@b.c": {"bounced": [["1970-01-02T00:00:00.000Z", f"e{DAY}"]], "delivered": []}}
    assert SoftBounces.load(once.dump()).dump() == once.dump()


def test_an_address_is_split_at_its_last_at():
    odd = '"a@b"@c.d'
    known = softly((odd, 2), ("e@c.d", 1))
    known.add_delivery(odd, 3)
    known.cut(1)
    assert (list(known.addresses()), known.times_delivered(odd), list(known.at)) == ([odd], [3], ["c.d"])
    assert known.of(odd) == [(2, "e2", "")]
    assert known.remove(odd)


def test_people_have_columns_of_their_own():
    """Each person's deliveries, the first and the last of a day, in whatever order and number they came."""
    there = People()
    for local in "ab":
        there.add(local, "0000000000001e")
    for when in range(600, 0, -1):
        there.deliver("b", when * HOUR)
        there.deliver("a", when * HOUR + 1)
    assert there.times_delivered("a")[:3] == [HOUR + 1, 23 * HOUR + 1, 24 * HOUR + 1]
    assert there.times_delivered("b")[-3:] == [576 * HOUR, 599 * HOUR, 600 * HOUR]
    assert len(there.delivered) < 200


def mails(*whens, to="full@web.de", kind=Kind.DELIVERY):
    return [
        event(kind, to, ago=NOW - NOW.fromtimestamp(when / 1000, NOW.tzinfo), id_=f"AAAAAAAA{n:04d}")
        for n, when in enumerate(whens)
    ]


def rows(found):
    return list(decode_rows(encode_facts("bakery", found)))


@pytest.mark.parametrize("form", [list, rows], ids=["events", "rows"])
def test_the_newest_deliveries_are_remembered_by_token(form, monkeypatch):
    monkeypatch.setattr(recent, "RECENT", 2)
    at = [to_ms(NOW) - age * HOUR for age in (9, 3, 5, 3, 6)]
    known, full = Recent(), softly(("full@web.de", to_ms(NOW)))
    for part in form(mails(*at)) if form is rows else [mails(*at)]:
        known.hold(part, full)
    known.settle(to_ms(NOW) - 8 * HOUR, full)
    assert known.all == [(at[1], token("full@web.de"))]
    assert full.times_delivered("full@web.de") == [at[0], at[4], at[1]]
    again = Recent.load(known.dump())
    assert (again.all, known.size, len(known.held)) == (known.all, 0, 0)
    late = softly(("full@web.de", to_ms(NOW)), ("other@web.de", 0))
    again.settle(at[1], late)
    assert late.times_delivered("full@web.de") == [at[1]]
    again.settle(at[1] + 1, late)
    assert again.all == []


def test_deliveries_that_make_room_part_soft_bounces_first(monkeypatch):
    monkeypatch.setattr(recent, "RECENT_IN_A_RUN", 3)
    known, full = Recent(), softly(("full@web.de", 9 * DAY))
    at = [to_ms(NOW) - age * HOUR for age in (9, 8, 7, 6)]
    for part in ([mails(at[0])], [mails(at[1])], [mails(at[2])]):
        known.hold(part[0], full)
    assert (known.size, full.times_delivered("full@web.de")) == (3, [])
    known.hold(mails(at[3]), full)
    assert (known.size, len(known.held), full.times_delivered("full@web.de")) == (3, 3, [at[0]])
    large = mails(*at)
    known.hold(large, full)
    assert (known.size, list(known.held)) == (4, [large])


def test_newest_deliveries_that_lack_a_number_are_refused():
    with pytest.raises(ValueError, match="zip"):
        Recent.load(pack(array("q", [1, 2, 3])))


def test_rows_and_events_part_soft_bounces_at_every_domain(monkeypatch):
    monkeypatch.setattr(recent, "RECENT", 1)
    known, when = Recent(), to_ms(NOW) - HOUR
    people = ["b@a.example", "a@b.example", "c@b.example", "a@c.example"]
    bounced = softly(*((name, to_ms(NOW)) for name in (*people, "late@d.example")))
    all_ = enumerate(["a@a.example", *people])
    (row,) = rows([Event(Kind.DELIVERY, f"AAAAAAAA000{n}", when + n, when + n, "", name) for n, name in all_])
    for part in (row, mails(when, to="late@d.example")):
        known.hold(part, bounced)
    known.settle(0, bounced)
    assert [bounced.times_delivered(name) for name in people] == [[when + n] for n in (1, 2, 3, 4)]
    assert bounced.times_delivered("late@d.example") == [when]


ODD = {
    # event id, status -> as they are read again
    ("e", "5.1.1"): ("e", "5.1.1"),
    ("a\nb  c", "x  y"): ("a b  c", "x  y"),
    ("a", "5\n"): ("a", "5 "),
    ("a\x1fb", ""): ("a b", ""),
    ("a", "b\x1f\x1fc"): ("a", "b  c"),
}


@pytest.mark.parametrize("said", ODD)
def test_a_bounce_is_one_line_whatever_it_says(said):
    assert bounces_of(line_of(5, *said)) == [(5, *ODD[said])]


def test_kinds_that_no_rule_counts_have_less_room():
    assert (cap_of(Kind.HARD), cap_of(Kind.DELAY)) == (4_096, 1_024)
    again = Memory.load(judged(event(Kind.DELAY, "a@b.c"), event(Kind.HARD, "a@b.c")).standing.windows)
    assert (again.counts(Kind.HARD).cap, again.counts(Kind.DELAY).cap) == (4_096, 1_024)
    again.write_down()
    assert (again.bounced.cap, again.complained.cap) == (4_096, 4_096)


def test_complaints_survive_storing():
    verdict = judged(event(Kind.COMPLAINT, "a@b.c"), event(Kind.AMBIGUOUS_COMPLAINT))
    assert Memory.load(verdict.standing.windows).dump() == verdict.standing.windows
    assert Memory.load(verdict.standing.windows).complained.count(0) == 2
