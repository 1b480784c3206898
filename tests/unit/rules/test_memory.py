"""What a standing remembers: bounded, versioned, exact where it says so."""

import base64
import random
from array import array
from datetime import timedelta
from itertools import compress

import msgspec
import pytest
from rules_events import NOW, STANDARD, bounced, complained, delivered, event, judged, many

from provisioner.errors import InnkeeperError
from provisioner.feedback.deliveries import LAGS
from provisioner.model.event import Event, Kind
from provisioner.model.standing import SCHEMA, Standing
from provisioner.rules import StandingUnreadable, decide, dump_standing, load_standing
from provisioner.rules.clock import AHEAD, LATEST, counted_at, from_stamp, stamp
from provisioner.rules.memory import Memory
from provisioner.rules.sample import RANGE, DayCounts, Sample, candidates, id_tokens, joined_tokens

DAY = timedelta(days=1)


def real_ids(count, seed=1):
    """As the collector makes them: nine bytes of a digest."""
    rng = random.Random(seed)  # noqa: S311
    return [base64.urlsafe_b64encode(rng.randbytes(9)).decode() for _ in range(count)]


def test_4096_deliveries_a_day_are_counted_exactly_however_often_they_come():
    mails = [event(Kind.DELIVERY, "a@web.de", id_=name) for name in real_ids(4_096)]
    once = judged(mails)
    assert once.counts["deliveries"] == 4_096
    assert judged(mails[2_000:] + mails, standing=once.standing).counts["deliveries"] == 4_096


@pytest.mark.parametrize("count", [20_000, 60_000])
def test_more_are_estimated_within_five_percent_and_split_or_not_alike(count):
    mails = [event(Kind.DELIVERY, "a@web.de", id_=name) for name in real_ids(count)]
    whole = judged(mails)
    assert abs(whole.counts["deliveries"] / count - 1) < 0.05
    first = judged(mails[: count // 3], standing=Standing(tenant="bakery"))
    assert judged(mails[count // 5 :], standing=first.standing).standing == whole.standing


def test_ids_that_are_written_together_hash_as_they_do_alone():
    names = real_ids(50)
    assert list(joined_tokens("".join(names), 50)) == list(id_tokens(names)) == [id_tokens([name])[0] for name in names]
    assert joined_tokens("!" * 24, 2) == ()
    mixed = [*names, "short", "ä" * 12]
    assert list(id_tokens(mixed)) == [id_tokens([name])[0] for name in mixed]
    similar = [f"delivery-{i:03d}" for i in range(999)] + [f"{i:04d}-deliver" for i in range(999)]
    assert len(set(id_tokens(similar))) == len(similar)


def test_a_sample_is_the_same_for_parts_as_for_the_whole():
    values = random.Random(3).sample(range(1 << 32), 3_000)  # noqa: S311
    whole, parts = Sample(100), Sample(100)
    whole.add_many(values, [1] * 3_000)
    whole.trim()
    for start in range(0, 3_000, 70):
        parts.add_many(values[start : start + 70], [1] * len(values[start : start + 70]))
        parts.trim()
        parts = Sample.load(parts.dump(), 100)
    assert parts.dump() == whole.dump()
    assert abs(whole.estimate(100) / 3_000 - 1) < 0.35


@pytest.mark.parametrize("below", [1, 255, 1 << 24, (1 << 24) + 1, 77 << 24, RANGE - 1, RANGE])
def test_no_hash_below_the_bound_is_left_out(below):
    values = array("I", {below - 1, 0, RANGE - 1, *range(0, RANGE, RANGE // 997)})
    found = list(compress(values, candidates(values, below)))
    assert [value for value in found if value < below] == [value for value in values if value < below]
    assert len(found) <= len(values) * below / RANGE + 6


def test_what_a_row_holds_counts_when_it_happened():
    """B14: the fold need not look at the arrivals of a row."""
    assert (LAGS[0], LAGS[-1]) == (-AHEAD, LATEST)


def test_windows_are_counted_by_the_hour():
    small = DayCounts(100)
    for hour in range(72):
        small.add(hour * 3_600_000, hour)
    assert [small.count(hour * 3_600_000 + 59 * 60_000) for hour in (0, 1, 48, 71, 72)] == [72, 71, 24, 1, 0]
    assert small.distinct(24 * 3_600_000) == 48
    assert small.distinct(36 * 3_600_000) == 36
    small.prune(30 * 3_600_000)
    assert sorted(small.days) == [1, 2]


def test_the_standing_of_a_busy_tenant_is_bounded_and_of_an_idle_one_small():
    """C15."""
    standing = Standing(tenant="bakery")
    for week in range(8):
        now = NOW + week * 7 * DAY
        mail = delivered(6_000, now=now, name=f"w{week}r") + many(
            Kind.SOFT, 300, now=now, name=f"w{week}s", status="4.2.2"
        )
        standing = decide(mail, standing, STANDARD, now).standing
        sizes = len(dump_standing(standing))
    assert sizes < 700_000
    assert len(dump_standing(decide([], standing, STANDARD, now + 62 * DAY).standing)) < 2_000


def test_a_tenant_with_100_000_blocked_addresses_still_works():
    """C15."""
    at = int((NOW - DAY).timestamp() * 1000)
    crowd = [Event(Kind.HARD, f"e{i}", at, at, "", f"gone{i}@web.de", "5.1.1") for i in range(100_000)]
    verdict = decide(crowd, Standing(tenant="bakery"), STANDARD, NOW)
    assert len(verdict.standing.blocks) == 100_000
    assert abs(verdict.counts["hard"] / 100_000 - 1) < 0.05
    again = decide([event(Kind.HARD, "one-more@web.de")], verdict.standing, STANDARD, NOW + DAY)
    assert len(again.standing.blocks) == 100_001
    assert len(msgspec.json.encode(again.standing.windows)) < 2_000_000


def test_newer_data_is_refused_and_old_data_is_brought_forward():
    """D13, J6."""
    stored = judged(bounced(3), delivered(5)).standing
    newer = dump_standing(stored).replace(b'"tenant"', b'"schema": 99, "tenant"')
    with pytest.raises(StandingUnreadable, match="schema 99"):
        load_standing(newer)
    with pytest.raises(InnkeeperError, match="schema 99"):
        decide([], msgspec.structs.replace(stored, schema=SCHEMA + 98), STANDARD, NOW)
    with pytest.raises(InnkeeperError, match="windows have schema 99"):
        decide([], msgspec.structs.replace(stored, windows={**stored.windows, "schema": 99}), STANDARD, NOW)
    unnumbered = {name: part for name, part in stored.windows.items() if name != "schema"}
    old = msgspec.structs.replace(stored, windows=unnumbered)
    assert load_standing(dump_standing(old)) == stored
    assert decide([], old, STANDARD, NOW).standing == decide([], stored, STANDARD, NOW).standing


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"tenant": 3}', b'{"state": "good"}', b"[" * 100_000])
def test_what_is_no_standing_is_never_taken_for_a_good_one(body):
    """D13."""
    with pytest.raises(StandingUnreadable):
        load_standing(body)


def test_memory_survives_its_json_form():
    verdict = judged(bounced(3), delivered(9), delivered(4, domain="acme.example"), many(Kind.SOFT, 3))
    windows = msgspec.json.decode(msgspec.json.encode(verdict.standing.windows))
    assert Memory.load(windows).dump() == verdict.standing.windows


def test_samples_written_down_early_are_the_same_samples_and_take_no_room():
    weeks = judged(bounced(3), delivered(9), delivered(4, domain="acme.example"), complained(2))
    memory = Memory.load(weeks.standing.windows)
    for _ in range(2):
        memory.write_down()
        assert (memory.seen, memory.domains.of, memory.recent.all) == ({}, {}, [])
        assert (memory.bounced.days, memory.complained.days) == ({}, {})
        assert memory.dump() == weeks.standing.windows


@pytest.mark.parametrize(
    "windows",
    [
        {"hard": {"a@b.c": [["yesterday", "e", ""]]}},
        {"hard": []},
        {"soft": {"a@b.c": {}}},
        {"seen": {"quantum": {}}},
        {"seen": {"delivery": {"2026-11-20": {"sample": "AAA"}}}},
        {"recent": "AAAA"},
        {"virus": [["2026-11-20T00:00:00.000Z"]]},
        {"schema": "one"},
    ],
)
def test_windows_that_cannot_be_read_stop_this_tenant_with_a_hint(windows):
    """D5, D13: an error the audit expects, so that the others are judged."""
    with pytest.raises(InnkeeperError) as err:
        decide([], Standing(tenant="bakery", windows={"schema": 1, **windows}), STANDARD, NOW)
    assert "nothing was changed" in err.value.hint


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (3_599_999, "1970-01-01T00:59:59.999Z"),
        (1_794_787_271_928, "2026-11-16T00:01:11.928Z"),
        (1_794_787_260_001, "2026-11-16T00:01:00.001Z"),
        (1_795_305_599_999, "2026-11-21T23:59:59.999Z"),
    ],
)
def test_a_stamp_reads_as_ses_writes_it_and_back(ms, text):
    assert stamp(ms) == text
    assert from_stamp(text) == ms


@pytest.mark.parametrize(
    ("lag", "own"), [(-AHEAD - 1, False), (-AHEAD, True), (0, True), (LATEST, True), (LATEST + 1, False)]
)
def test_an_event_counts_at_its_own_time_unless_that_cannot_be(lag, own):
    """B14."""
    at = 1_794_787_271_928
    assert counted_at(at, at + lag) == (at if own else at + lag)
