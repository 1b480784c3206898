"""B14: the stamps of SES and of those who imitate it."""

import pytest
from feedback_samples import ARRIVED, BAKERY, changed, in_envelope, recorded
from hypothesis import given
from hypothesis import strategies as st

from provisioner.feedback.parse import Flag, parse_message
from provisioner.feedback.stamps import DAY, to_millis

NINE = 1_763_370_902_101  # 2025-11-17 09:15:02.101 UTC


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("2025-11-17T09:15:02.101Z", NINE),
        ("2025-11-17T09:15:02.101999Z", NINE),
        ("2025-11-17T09:15:02.1Z", NINE - 1),
        ("2025-11-17T09:15:02Z", NINE - 101),
        ("2025-11-17T09:15:02", NINE - 101),
        ("2025-11-17 09:15:02 UTC", NINE - 101),
        ("2025-11-17T01:15:02.101-08:00", NINE),
        ("2025-11-17T14:45:02.101+0530", NINE),
        ("2025-11-17T10:15:02.101+01", NINE),
        ("2018-10-08T14:05:45 +0000", 1_539_007_545_000),
        ("1970-01-01T00:00:00.000Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ],
)
def test_readable(text, millis):
    assert to_millis(text) == millis


@pytest.mark.parametrize(
    "text", ["", "x", "2025-02-30T00:00:00Z", "2025-11-17T24:00:00Z", "2025-11-17T00:60:00Z", "0000-01-01T00:00:00Z",
             "Mon, 17 Nov 2025 09:15:02 +0000", "1763370902101", "٢٠٢٥-11-17T09:15:02Z", "2025-11-17"],
)  # fmt: skip
def test_unreadable(text):
    assert to_millis(text) is None


@given(st.datetimes(timezones=st.timezones()))
def test_agrees_with_the_standard_library(moment):
    if (moment.utcoffset().total_seconds() % 60) == 0:
        assert to_millis(moment.isoformat()) == (moment.timestamp() * 1000) // 1 or moment.microsecond % 1000


def stamped(block, mail):
    event = changed(recorded("bounce-permanent-general"), ("bounce", "timestamp"), block)
    return parse_message(in_envelope(changed(event, ("mail", "timestamp"), mail)), BAKERY, arrived=ARRIVED)


@pytest.mark.parametrize("stamp", ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-11-15T09:00:00Z"])
def test_more_than_a_day_off_is_flagged_and_still_counted(stamp):
    parsed = stamped(stamp, "2026-11-17T09:15:02Z")
    assert Flag.CLOCK in parsed.flags
    assert [(event.at, event.arrived) for event in parsed.events] == [(to_millis(stamp), ARRIVED)]


@pytest.mark.parametrize(
    ("block", "mail", "at"),
    [
        ("2026-11-17T09:15:04Z", "2026-11-17T09:15:02Z", to_millis("2026-11-17T09:15:04Z")),
        ("?", "2026-11-17T09:15:02Z", to_millis("2026-11-17T09:15:02Z")),
        (None, "2026-11-17T09:15:02Z", to_millis("2026-11-17T09:15:02Z")),
        ("?", 17, ARRIVED),
    ],
)
def test_which_time_counts(block, mail, at):
    parsed = stamped(block, mail)
    assert [event.at for event in parsed.events] == [at]
    assert at + DAY > ARRIVED
    assert Flag.CLOCK not in parsed.flags
