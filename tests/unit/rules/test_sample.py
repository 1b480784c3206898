"""Counting distinct things: exact below the cap, the smallest hashes above it, in whole hours."""

from array import array

import pytest

from provisioner.rules.clock import DAY, HOUR, day_number
from provisioner.rules.sample import (
    MARK,
    RANGE,
    DayCounts,
    Sample,
    candidates,
    digest_tokens,
    id_tokens,
    joined_tokens,
    token,
)

STEP = RANGE // 16


def test_hashes_are_the_same_in_every_process_and_on_any_machine(monkeypatch):
    assert (token("a@b.c"), token("\ud800")) == (0x6D8BD75D, 0x1DC4A528)
    raw = bytes(range(1, 19))
    hashes = [0x04030201 ^ 0x09080706, 0x0D0C0B0A ^ 0x1211100F]
    assert list(digest_tokens(raw, 2)) == hashes
    assert list(joined_tokens("AQIDBAUGBwgJCgsMDQ4PEBES", 2)) == hashes
    assert list(id_tokens(["AQIDBAUGBwgJ", "CgsMDQ4PEBES"])) == hashes
    assert list(id_tokens(["AQIDBAUGBwgJ", "short"])) == [hashes[0], token("short")]
    assert list(id_tokens(["abc", "abcdefgh!!!!"])) == [token("abc"), token("abcdefgh!!!!")]
    assert joined_tokens("AQIDBAUGBwgJ", 2) == ()
    assert list(id_tokens(["abcdefgh", "abcdefghijklmnop"])) == [token("abcdefgh"), token("abcdefghijklmnop")]
    stored = Sample(9, {7: 3}).dump()
    monkeypatch.setattr("provisioner.rules.sample.sys.byteorder", "big")
    assert list(digest_tokens(raw[:9], 1)) == [int.from_bytes(hashes[0].to_bytes(4, "little"), "big")]
    assert Sample(9, {7 << 24: 3}).dump()["sample"] == stored["sample"]
    assert Sample.load(stored, 9).tokens == {7 << 24: 3}
    assert list(candidates(array("I", [9, 8]), 8 << 24)) == [0, 1]  # the lowest byte, as such a machine has the highest


def test_a_hash_is_a_candidate_by_its_highest_byte():
    values = array("I", [0, (5 << 24) + 1, 5 << 24, 6 << 24, RANGE - 1])
    assert list(candidates(values, 5 << 24)) == [1, 1, 1, 0, 0]
    assert list(candidates(values, (6 << 24) - 1)) == [1, 1, 1, 0, 0]
    assert list(candidates(values, 255 << 24)) == list(candidates(values, RANGE)) == [1, 1, 1, 1, 1]
    assert list(candidates(values, 0)) == [1, 0, 0, 0, 0]


def spread(numbers, cap=4):
    sample = Sample(cap)
    for number in numbers:
        sample.add(number * STEP, number)
    return sample


def held(sample):
    return [value // STEP for value in sorted(sample.tokens)], sample.below


def test_more_than_twice_the_cap_are_thinned_to_nine_sixteenths_of_the_range():
    assert held(spread(range(8))) == (list(range(8)), RANGE)
    assert held(spread([0, 1, 2, 3, 4, 9, 10, 11, 12])) == ([0, 1, 2, 3, 4], 9 * STEP)
    assert type(spread([0, 1, 2, 3, 4, 9, 10, 11, 12]).below) is int
    assert held(spread([0, 1, 2, 3, 9, 10, 11, 12, 13])) == ([0, 1, 2, 3], 3 * STEP + 1)
    many, highest = Sample(4), Sample(4)
    many.add_many(range(8), range(8))
    highest.add_highest(range(8), 1)
    assert (many.below, highest.below, len(many.tokens), len(highest.tokens)) == (RANGE, RANGE, 8, 8)
    many, highest = Sample(4), Sample(4)
    many.add_many([number * STEP for number in range(7, 16)], range(9))
    assert held(many) == ([7, 8, 9, 10], 10 * STEP + 1)  # too few lie so low: the cap itself
    highest.add_highest([number * STEP for number in (*range(5), 9, 10, 11, 12)], 1)
    assert held(highest) == ([0, 1, 2, 3, 4], 9 * STEP)
    many.add_many([10 * STEP, 10 * STEP + 1, 11 * STEP, 3], [9, 9, 9, 9])
    assert many.tokens == {7 * STEP: 0, 8 * STEP: 1, 9 * STEP: 2, 10 * STEP: 9, 3: 9}
    many.add_highest([10 * STEP + 1, 8 * STEP, 9 * STEP, 4], 2)
    assert many.tokens == {7 * STEP: 0, 8 * STEP: 2, 9 * STEP: 2, 10 * STEP: 9, 3: 9, 4: 2}
    with pytest.raises(ValueError, match="zip"):
        many.add_many([1, 2], [1])


def test_of_a_thing_told_twice_the_higher_note_stays():
    sample = Sample(4)
    for note in (0, 7, 3):
        sample.add(5, note)
    assert sample.tokens == {5: 7}
    sample.add_highest([5, 6], 0)
    assert sample.tokens == {5: 7, 6: 0}


def test_a_sample_is_cut_to_its_cap_and_says_how_many_that_stands_for():
    four, five = spread(range(4)), spread(range(5))
    for sample in (four, five):
        sample.trim()
    assert (held(four), four.estimate(4)) == (([0, 1, 2, 3], RANGE), 4)
    assert (held(five), five.estimate(4)) == (([0, 1, 2, 3], 3 * STEP + 1), 21)
    assert five.tokens == {number * STEP: number for number in range(4)}
    five.add(3 * STEP + 1, 0)
    assert len(five.tokens) == 4


def test_a_sample_survives_storing():
    whole, part = Sample(4, {9: 1, RANGE - 1: 255}), Sample(4, {9: 1, 3: 33}, below=RANGE // 2)
    assert whole.dump() == {"count": 2, "sample": "CQAAAP////8B/w=="}
    assert part.dump() == {"count": 4, "sample": "AwAAAAkAAAAhAQ==", "below": RANGE // 2}
    for sample in (whole, part):
        again = Sample.load(sample.dump(), 4)
        assert (again.tokens, again.below, again.cap) == (sample.tokens, sample.below, 4)
    with pytest.raises(ValueError, match="zip"):
        Sample.load({"sample": "AwAAAAkAAAAhAQEB"}, 4)


def counted(*whens, cap=9):
    counts = DayCounts(cap)
    for number, when in enumerate(whens):
        counts.add(when, number)
    return counts


def test_things_are_noted_under_their_day_and_hour():
    counts = counted(0, 23 * HOUR + 1, 25 * HOUR)
    counts.add(25 * HOUR, 7, MARK)
    assert {day: sample.tokens for day, sample in counts.days.items()} == {0: {0: 0, 1: 23}, 1: {2: 1, 7: 1 + MARK}}
    assert {sample.cap for sample in counts.days.values()} == {9}
    assert counts.day(1) is counts.days[1]


def test_a_window_begins_with_the_hour_that_holds_its_begin():
    counts = counted(5 * HOUR, 6 * HOUR, 30 * HOUR, 31 * HOUR)
    counts.add(30 * HOUR, 99, MARK)
    assert [counts.count(30 * HOUR), counts.count(30 * HOUR + 9), counts.distinct(5 * HOUR + 9)] == [3, 3, 5]
    marked = [
        counts.count(since) for since in (0, 5 * HOUR, 6 * HOUR - 1, 6 * HOUR, 7 * HOUR, DAY, 31 * HOUR, 99 * HOUR)
    ]
    assert marked == [5, 5, 5, 4, 3, 3, 1, 0]
    without = [counts.count(since, marked=False) for since in (0, 6 * HOUR, DAY, 30 * HOUR, 31 * HOUR, 32 * HOUR)]
    assert without == [4, 3, 2, 2, 1, 0]
    assert [counts.distinct(since) for since in (0, 6 * HOUR, 7 * HOUR, 31 * HOUR, 32 * HOUR)] == [5, 4, 3, 1, 0]


def test_of_two_days_the_thinner_one_says_what_the_number_stands_for():
    counts = DayCounts(4)
    counts.days = {
        0: Sample(4, {1: 5, 2: 9, RANGE // 4: 9}, below=RANGE // 2),
        1: Sample(4, {2: 0, 3: 0, RANGE // 2: 0}),
    }
    assert counts.count(0) == 2 * 3 + 3
    assert [counts.distinct(0), counts.distinct(6 * HOUR), counts.distinct(DAY)] == [2 * 4, 2 * 4 - 2, 3]
    assert DayCounts(4).distinct(0) == 0


def test_days_that_left_the_window_or_are_empty_are_forgotten_and_the_rest_is_cut():
    counts = counted(0, DAY, DAY, DAY, 2 * DAY, cap=2)
    counts.day(3)
    counts.prune(2 * DAY - 1)
    assert {day: len(sample.tokens) for day, sample in counts.days.items()} == {1: 2, 2: 1}
    again = DayCounts.load(counts.dump(), 2)
    assert list(counts.dump()) == ["1970-01-02", "1970-01-03"]
    assert {day: sample.tokens for day, sample in again.days.items()} == {1: {1: 0, 2: 0}, 2: {4: 0}}
    assert {again.cap, *(sample.cap for sample in again.days.values())} == {2}
    assert type(day_number("1970-01-02")) is int


def test_what_is_marked_in_any_hour_of_a_day_can_be_left_out():
    counts = DayCounts(99)
    for hour in range(24):
        counts.add(hour * HOUR, hour)
        counts.add(hour * HOUR, 100 + hour, MARK)
    assert [counts.count(hour * HOUR) for hour in (0, 1, 23)] == [48, 46, 2]
    assert [counts.count(hour * HOUR, marked=False) for hour in (0, 1, 23)] == [24, 23, 1]
