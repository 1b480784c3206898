"""What the memory takes in, and under which time: the edges of each window."""

from datetime import timedelta

import pytest
from rules_events import NOW, event, judged, ms

from provisioner.feedback.deliveries import Deliveries
from provisioner.feedback.facts import decode_rows, encode_facts
from provisioner.model.event import Event, Kind
from provisioner.rules.clock import DAY, HOUR
from provisioner.rules.fold import Fold, Windows
from provisioner.rules.memory import Memory
from provisioner.rules.sample import MARK

LATER = 20 * 60_000  # the windows begin and end within an hour, not with one


def folded(*events, **more):
    """28, 14 and 365 days back."""
    windows = Windows(ms(NOW) + LATER, soft_days=14, count_days=28, history_days=365)
    fold = Fold(Memory(), windows, **more)
    fold.absorb(events)
    return fold.memory


def at(kind, when, to="a@firm.example", **more):
    return Event(kind, f"{kind}{when}", when, when, "", to, **more)


BEGIN, END, LONG = ms(NOW) + LATER - 28 * DAY, ms(NOW) + LATER + 2 * DAY, ms(NOW) + LATER - 365 * DAY


def hours(memory, kind):
    counts = memory.seen.get(kind)
    return [day * 24 + note for day, sample in counts.days.items() for note in sample.tokens.values()] if counts else []


@pytest.mark.parametrize(
    ("when", "hour"),
    [
        (BEGIN // HOUR * HOUR - 1, None),
        (BEGIN // HOUR * HOUR, BEGIN // HOUR),  # the hour in which the window begins is kept whole
        (END, END // HOUR),
        (END // HOUR * HOUR + HOUR, None),
    ],
)
def test_deliveries_are_taken_from_the_first_hour_to_the_last(when, hour):
    memory = folded(at(Kind.DELIVERY, when))
    assert hours(memory, Kind.DELIVERY) == ([] if hour is None else [hour])
    assert list(memory.domains.of) == ([] if hour is None else ["firm.example"])


TAKEN = {
    # when -> what is counted, what is named
    LONG - 1: (None, []),
    LONG: (None, [LONG]),
    BEGIN - 1: (None, [BEGIN - 1]),
    BEGIN: (BEGIN, [BEGIN]),
    END: (END, [END]),
    END + 1: (END, [END]),  # no clock is that wrong
}


@pytest.mark.parametrize("when", TAKEN)
def test_what_is_no_delivery_is_taken_from_a_moment_on(when):
    """Counted for 28 days, complaints and viruses remembered for a year."""
    counted, named = TAKEN[when]
    kinds = (Kind.HARD, Kind.SOFT, Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT, Kind.VIRUS, Kind.POLICY)
    memory = folded(*(at(kind, when) for kind in kinds))
    assert {kind: hours(memory, kind) for kind in kinds} == {
        kind: [counted // HOUR] if counted else [] for kind in kinds
    }
    wanted = [counted] if counted else []
    assert [one[0] for one in memory.hard.of("a@firm.example")] == wanted
    assert [one[0] for one in memory.soft.of("a@firm.example")] == wanted
    assert list(memory.advice.of.get("policy", {}).values()) == wanted
    assert sorted(when for when, _ in memory.complaints.of.values()) == named * 2
    assert [one.start for one in memory.virus.all] == named
    assert memory.complained.count(0) == 2 * len(wanted)
    assert memory.bounced.count(0) == len(wanted)
    assert all(type(day) is int for part in (memory.bounced, memory.complained) for day in part.days)
    assert list(memory.domains.of) == (["firm.example"] if counted else [])


def test_only_a_drill_counts_the_simulator():
    simulated = at(Kind.HARD, ms(NOW), simulator=True)
    assert [len(folded(simulated, **more).hard) for more in ({}, {"drill": False}, {"drill": True})] == [0, 0, 1]
    assert folded(simulated, at(Kind.HARD, ms(NOW), to="b@firm.example")).hard.addresses() == ["b@firm.example"]


WHAT = {
    ("5.1.1", ""): "5.1.1",
    ("5.1.1", "NoEmail"): "5.1.1",
    ("", "NoEmail"): "NoEmail",
    ("5.2.1", "NoEmail"): "NoEmail",
    ("5.2.1", "General"): "5.2.1",
    ("", ""): "",
}


@pytest.mark.parametrize("said", WHAT)
def test_why_an_address_bounced_is_its_status_or_that_there_is_no_such_mailbox(said):
    status, subtype = said
    memory = folded(at(Kind.HARD, ms(NOW), status=status, subtype=subtype))
    assert memory.hard.of("a@firm.example") == [(ms(NOW), f"hard{ms(NOW)}", WHAT[said])]


def test_what_names_no_address_counts_for_the_tenant_and_for_nobody_else():
    kinds = (Kind.HARD, Kind.SOFT, Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT)
    memory = folded(*(at(kind, ms(NOW), to="nobody@") for kind in kinds))
    assert memory.hard.addresses() == [f" hard{ms(NOW)}"]
    assert (list(memory.soft.addresses()), {who for _, who in memory.complaints.of.values()}) == ([], {""})
    assert (memory.bounced.count(0), memory.complained.count(0), memory.domains.of) == (1, 2, {})
    twice = folded(*(at(Kind.COMPLAINT, ms(NOW) + more) for more in (0, 1)))
    assert (len(twice.complaints.of), twice.complained.count(0)) == (2, 1)


def test_a_year_after_a_notice_nobody_remembers_it():
    standing = judged().standing
    for part in ("warned", "lifted", "closed"):
        for late, kept in ((timedelta(0), True), (timedelta(milliseconds=1), False)):
            told = {"schema": 1, part: {"soft": "2026-11-23T06:00:00.000Z"}}
            known = type(standing)(tenant="bakery", windows=told)
            after = judged(standing=known, now=NOW + timedelta(days=365) + late)
            assert (part in after.standing.windows) is kept


def test_events_that_came_before_their_time_wait_in_the_same_hour():
    """B14: whatever the sender's clock says, not more than two days ahead."""
    ahead = event(Kind.HARD, "gone@firm.example", ago=timedelta(days=-5))
    known = judged(ahead).standing.windows["hard"]["gone@firm.example"]
    assert known[0][0] == "2026-11-25T06:00:00.000Z"


MIDNIGHT = (ms(NOW) // DAY - 3) * DAY


def delivered(*ones):
    return [
        Event(Kind.DELIVERY, f"AAAAAAAA{n:04d}", when, when, "", f"p{n % 3}@{domain}")
        for n, (when, domain) in enumerate(ones)
    ]


def rows(events):
    return list(decode_rows(encode_facts("bakery", events)))


ROWS = {
    "one day": [(MIDNIGHT + n * HOUR, "firm.example") for n in range(3)],
    "over midnight": [(MIDNIGHT + n, "firm.example") for n in (-HOUR - 1, -HOUR, -1, 0, HOUR - 1, HOUR)],
    "three days": [(MIDNIGHT + n * DAY + n, "firm.example") for n in (-1, 0, 1)],
    "several domains": [(MIDNIGHT + n, f"{name}.example") for n, name in enumerate("cabbacc")],
    "Gmail, another provider, a firm": [
        (MIDNIGHT + n, name) for n, name in enumerate(["web.de", "gmail.com", "firm.example", "gmail.com", "gmx.net"])
    ],
    "one before the window": [(BEGIN // HOUR * HOUR - n, "firm.example") for n in (1, 0, -HOUR)],
    "one after the window": [(END // HOUR * HOUR + n, "firm.example") for n in (0, HOUR - 1, HOUR)],
    "from the first hour to the last": [(when, "firm.example") for when in (BEGIN // HOUR * HOUR, MIDNIGHT, END)],
}


@pytest.mark.parametrize("ones", ROWS.values(), ids=ROWS)
def test_a_row_of_deliveries_is_remembered_as_its_events(ones):
    events = delivered(*ones)
    assert all(isinstance(row, Deliveries) for row in rows(events))
    one, other = folded(*rows(events)), folded(*events)
    seen = one.seen[Kind.DELIVERY].days
    assert len(seen) <= max(ones)[0] // DAY - min(ones)[0] // DAY + 1
    for memory in (one, other):
        memory.recent.settle(0, memory.soft)
        for counts in memory.seen.values():
            counts.prune(0)
    assert one.dump() == other.dump()
    kept = [(when, domain) for when, domain in ones if BEGIN // HOUR <= when // HOUR <= END // HOUR]
    notes = sorted((when // HOUR, domain == "gmail.com") for when, domain in kept)
    seen = one.seen[Kind.DELIVERY].days
    assert sorted((day * 24 + n % MARK, n >= MARK) for day, s in seen.items() for n in s.tokens.values()) == notes
    assert all(type(day) is int for day in seen)
    assert len(seen) == len({when // DAY for when, _ in kept})
    mails = sorted(name for name, known in one.domains.of.items() for _ in known.mails)
    assert mails == sorted(domain for _, domain in kept if domain.endswith("example"))


@pytest.mark.parametrize("form", [list, rows])
def test_deliveries_that_make_room_part_soft_bounces(form, monkeypatch):
    monkeypatch.setattr("provisioner.rules.recent.RECENT_IN_A_RUN", 1)
    monkeypatch.setattr("provisioner.rules.fold.CHUNK", 2)
    full = at(Kind.SOFT, ms(NOW), to="p0@firm.example")
    parts = [*form(delivered((MIDNIGHT, "firm.example"))), *form(delivered((MIDNIGHT + 1, "firm.example")))]
    memory = folded(full, full, *parts, *parts, full, full)
    assert memory.soft.times_delivered("p0@firm.example") == [MIDNIGHT, MIDNIGHT + 1]


def test_a_larger_row_than_usual_is_read_whole(monkeypatch):
    monkeypatch.setattr("provisioner.rules.fold.ROW", 2)
    monkeypatch.setattr("provisioner.rules.fold._INDEXES", (0, 1))
    for count in (1, 2, 3):
        events = delivered(*[(MIDNIGHT, "firm.example")] * count)
        assert folded(*rows(events)).seen[Kind.DELIVERY].count(0) == count
