"""Facts: what is written comes back, in any order the same bytes; what is not whole is refused."""

import gzip
import tracemalloc
from datetime import UTC, datetime

import msgspec
import pytest
from feedback_weeks import bodies, gen_events, source_of
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.feedback.deliveries import ROW, Deliveries, can_fold
from provisioner.feedback.facts import SCHEMA, decode_facts, decode_rows, encode_facts
from provisioner.feedback.keys import facts_key, facts_prefix, quarantine_key, raw_key
from provisioner.feedback.parse import Accepted, parse_message
from provisioner.feedback.recipients import event_id
from provisioner.feedback.stored import BrokenObject, NewerSchema, pack
from provisioner.model.event import Event, Kind

KEY = "facts/2026-11-17/bakery/091600000-abc.ndjson.gz"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
IDS = st.integers(0, 40).map(lambda n: event_id(str(n)))
TIMES = st.integers(-(2**40), 2**42)
EVENTS = st.lists(
    st.builds(
        Event,
        kind=st.sampled_from([Kind.DELIVERY, Kind.DELIVERY, *Kind]),
        id=IDS | TEXT,
        at=TIMES,
        arrived=TIMES,
        message_id=TEXT,
        recipient=st.sampled_from(["", "jane@customer.example", "joe@other.example", "*@gmail.com"]) | TEXT,
        status=st.sampled_from(["", "5.1.1"]),
        subtype=TEXT,
        diagnostic=st.sampled_from(["", "\0\n\u2028", '"']),
        simulator=st.booleans(),
        recipients=st.integers(1, 3),
    ),
    max_size=30,
)


def delivery(n, domain="customer.example"):
    return Event(Kind.DELIVERY, event_id(str(n)), 1000 + n, 5000 + n, f"message-{n}", f"person{n}@{domain}")


def expected(events):
    """First copies only; a delivery in a row forgets its message id."""
    kept = {}
    for event in sorted(events, key=lambda e: (e.arrived, msgspec.json.encode(e))):
        kept.setdefault(event.id, event)
    return {msgspec.structs.replace(e, message_id="") if can_fold(e) else e for e in kept.values()}


@settings(deadline=None)
@given(EVENTS)
def test_what_is_written_comes_back(events):
    found = list(decode_facts(encode_facts("bakery", events), tenant="bakery"))
    assert len(found) == len(set(found))
    assert set(found) == expected(events)


@settings(deadline=None)
@given(EVENTS, st.randoms())
def test_order_and_repetition_do_not_change_the_bytes(events, random):
    """M2: the key derives from the content, so the content must not depend on chance."""
    other = events + events[: len(events) // 2]
    random.shuffle(other)
    assert encode_facts("bakery", other) == encode_facts("bakery", events)


def test_generated_week_comes_back():
    config = gen_events.Config(events=3000, tenants=1, seed="facts")
    parsed = [parse_message(body, source_of(t), arrived=at) for t, at, body in bodies(config, "sns")]
    events = [event for one in parsed if isinstance(one, Accepted) for event in one.events]
    data = encode_facts("t00000", events)
    assert set(decode_facts([data[i : i + 77] for i in range(0, len(data), 77)])) == expected(events)
    rows = [row for row in decode_rows(data) if isinstance(row, Deliveries)]
    assert sum(map(len, rows)) == len({event.id for event in events if event.kind is Kind.DELIVERY})


def test_rows_name_every_delivery():
    events = [delivery(n, domain) for n in range(ROW) for domain in ("b.example", "a.example")]
    events = [msgspec.structs.replace(event, id=event_id(event.recipient)) for event in events]
    rows = list(decode_rows(encode_facts("bakery", events)))
    assert [(row.domains, row.counts) for row in rows] == [(["a.example"], [ROW]), (["b.example"], [ROW])]
    assert {i for row in rows for i in row.each_id()} == {event.id for event in events}
    assert {(i, d) for row in rows for i, d in zip(row.each_id(), row.each_domain(), strict=True)} == {
        (event.id, event.recipient.partition("@")[2]) for event in events
    }


def test_no_events_at_all():
    assert list(decode_facts(encode_facts("bakery", []))) == []


WHOLE = encode_facts("bakery", [delivery(n) for n in range(50)] + [Event(Kind.HARD, "x", 1, 2, "m", "a@b.example")])
LINES = gzip.decompress(WHOLE).splitlines(keepends=True)
BROKEN = {  # A7
    "empty": b"",
    "not gzip": b'{"schema":1}\n',
    "truncated": WHOLE[:-1],
    "half": WHOLE[: len(WHOLE) // 2],
    "flipped": WHOLE[:40] + bytes([WHOLE[40] ^ 255]) + WHOLE[41:],
    "goes on": WHOLE + WHOLE,
    "nothing inside": pack(b""),
    "no header": pack(b"".join(LINES[1:])),
    "no newline at the end": pack(b"".join(LINES)[:-1]),
    "a row less": pack(b"".join([LINES[0], *LINES[2:]])),
    "an event less": pack(b"".join(LINES[:-1])),
    "an event more": pack(b"".join([*LINES, LINES[-1]])),
    "no event": pack(b"".join([*LINES[:-1], b'["hard"]\n'])),
    "unknown kind": pack(b"".join([*LINES[:-1], LINES[-1].replace(b"hard", b"harder")])),
    "column too short": pack(LINES[0] + LINES[1].replace(b"person0", b'",,"') + LINES[2]),
    "lone column": pack(LINES[0] + LINES[1].replace(b'"person0",', b"") + LINES[2]),
    "deep": pack(LINES[0] + b"[" * 100_000 + b"\n"),
    "not UTF-8": pack(b'{"schema":1,"tenant":"\xff"}\n'),
    "endless line": pack(b" " * 9_000_000),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_not_whole_is_refused_by_name(data):
    """A7."""
    with pytest.raises(BrokenObject, match=KEY) as caught:
        list(decode_facts(data, name=KEY))
    assert caught.value.name == KEY
    assert caught.value.hint


def test_another_tenants_facts_are_refused():
    with pytest.raises(BrokenObject, match="'bakery', not of 'rival'"):
        list(decode_facts(WHOLE, name=KEY, tenant="rival"))


def test_newer_schema_is_refused():
    """J6."""
    newer = pack(LINES[0].replace(b'"schema":%d' % SCHEMA, b'"schema":%d' % (SCHEMA + 1)) + b"what,ever\n")
    with pytest.raises(NewerSchema, match=f"schema {SCHEMA + 1}"):
        list(decode_facts(newer, name=KEY))


OLD = b"""{"schema":1,"tenant":"bakery","rows":1,"events":1}
[1000,["a.example","b.example"],[1,2],"AAAAAAAAAAAABBBBBBBBBBBBCCCCCCCCCC-_",["joe","ann","bob"],[5,0,90],[7,8,9]]
["hard","x",1,2,"m","a@b.example","","","",false,1]
"""


def test_facts_of_schema_1_are_read_as_ever():
    """J6: no object has to be written again."""
    assert list(decode_rows(pack(OLD), name=KEY, tenant="bakery")) == [
        Event(Kind.DELIVERY, "AAAAAAAAAAAA", 1005, 1012, "", "joe@a.example"),
        Event(Kind.DELIVERY, "BBBBBBBBBBBB", 1000, 1008, "", "ann@b.example"),
        Event(Kind.DELIVERY, "CCCCCCCCCC-_", 1090, 1099, "", "bob@b.example"),
        Event(Kind.HARD, "x", 1, 2, "m", "a@b.example"),
    ]
    for broken in (OLD.replace(b'"bob"', b'"bob","eve"'), OLD.replace(b'"schema":1', b'"schema":0')):
        with pytest.raises(BrokenObject):
            list(decode_rows(pack(broken), name=KEY))


def test_a_delivery_that_no_row_can_hold_stands_alone():
    """B14: rows hold what counts when it happened; stamps far apart go into rows of their own."""
    day = 86_400_000
    lags = [-day - 1, -day, 0, 14 * day, 14 * day + 1]
    odd = [delivery(n, "a.example") for n in range(5)]
    odd = [msgspec.structs.replace(e, arrived=e.at + lag) for e, lag in zip(odd, lags, strict=True)]
    assert [can_fold(event) for event in odd] == [False, True, True, True, False]
    assert not can_fold(msgspec.structs.replace(odd[1], id="AAAAAAAAAAA+"))
    far = [
        msgspec.structs.replace(odd[2], id=event_id(str(n)), at=n * 25 * day, arrived=n * 25 * day) for n in range(4)
    ]
    rows = list(decode_rows(encode_facts("bakery", far)))
    assert [(row.since, row.until) for row in rows] == [(event.at, event.at) for event in far]


def test_reading_takes_constant_memory():
    """I5: 20,000 and 200,000 events take the same memory. So does an object that inflates to far more than it is."""

    def peak(count):
        line = msgspec.json.encode(Event(Kind.HARD, "x", 1, 2, "m", "a@b.example")) + b"\n"
        data = pack(b'{"schema":2,"tenant":"bakery","events":%d}\n' % count + line * count)
        tracemalloc.start()
        assert sum(1 for _ in decode_facts(data)) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(200_000) < 1.2 * peak(20_000)


AT = datetime(2026, 11, 17, 9, 16, 0, 123_456, tzinfo=UTC)


def test_keys():
    assert facts_key("bakery", AT, b"x").startswith("facts/2026-11-17/bakery/091600123-")
    assert raw_key("bakery", AT, b"x").startswith("feedback/2026-11-17/bakery/091600123-")
    assert quarantine_key("bakery", AT, b"x").startswith("quarantine/bakery/2026-11-17/")
    assert facts_key("bakery", AT, b"x").startswith(facts_prefix("bakery", AT))
    for key in (facts_key, raw_key, quarantine_key):
        assert key("bakery", AT, b"x") == key("bakery", AT, b"x") != key("bakery", AT, b"y")


def test_later_sorts_later():
    later = [AT.replace(hour=h, microsecond=m) for h in (9, 10, 23) for m in (123_000, 124_000)]
    keys = [facts_key("bakery", at, b"x") for at in later]
    assert keys == sorted(keys)


ORDINARY = delivery(1)
FORMS = {
    "ordinary": ({}, True),
    "no delivery": ({"kind": Kind.HARD}, False),
    "simulator": ({"simulator": True}, False),
    "status": ({"status": "2.0.0"}, False),
    "subtype": ({"subtype": "x"}, False),
    "diagnostic": ({"diagnostic": "x"}, False),
    "no address": ({"recipient": ""}, False),
    "two recipients": ({"recipients": 2}, False),
    "id too short": ({"id": "AAAAAAAAAAA"}, False),
    "id of other letters": ({"id": "AAAAAAAAAAA\u0661"}, False),
}


@pytest.mark.parametrize(("changes", "folds"), FORMS.values(), ids=FORMS)
def test_only_ordinary_deliveries_go_into_rows(changes, folds):
    assert can_fold(msgspec.structs.replace(ORDINARY, **changes)) is folds


@pytest.mark.parametrize(
    "changes",
    [
        {"ids": b"123456789"},
        {"at": b"1234"},
        {"lags": b"1234"},
        {"locals": ["a"]},
        {"counts": [1]},
        {"counts": [1, 1]},
        {"domains": ["a.example", "b.example"]},
    ],
    ids=str,
)
def test_a_row_is_whole_only_if_all_columns_are_as_long(changes):
    """A7."""
    (row,) = decode_rows(encode_facts("bakery", [delivery(5), delivery(3)]))
    assert row.is_whole
    assert (row.since, row.until, list(row.offsets()), list(row.delays())) == (1003, 1005, [0, 2], [4000, 4000])
    assert not msgspec.structs.replace(row, **changes).is_whole
