"""Hypothesis strategies for the values of the model: every kind of event, with the traps real feedback holds."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from provisioner.model.event import Event, Kind

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
_MS = int(NOW.timestamp() * 1000)
_DAY = 86_400_000

DOMAINS = ("web.de", "gmail.com", "acme.example", "school.example")
LOCALS = (
    "anna.meier",
    "b.huber",
    "info",
    "user1",
    "user2",
    "user3",
    "x9kq2z",
    "carla",
    "d.lopez",
    "emilzola",
    "f",
    "g",
)
STATUSES = ("", "5.1.1", "4.2.2", "5.7.1", "5.4.4")

addresses = st.builds("{}@{}".format, st.sampled_from(LOCALS), st.sampled_from(DOMAINS))
odd_addresses = st.one_of(
    addresses,
    st.sampled_from(("", "nobody", "@", "a@", "@b", "*@gmail.com", "a?@x", "ä@bücher.example", "a" * 300 + "@b.c")),
    st.text(max_size=12),
)
# Milliseconds before NOW: now, this week, this month, out of every window.
ages = st.one_of(
    st.integers(0, 2 * _DAY), st.integers(0, 7 * _DAY), st.integers(0, 31 * _DAY), st.integers(0, 400 * _DAY)
)
lags = st.integers(0, 3 * _DAY)
ids = st.integers(0, 10**9).map("e{:d}".format)


def events(kinds=tuple(Kind), to=addresses, id_=ids, lag=lags):
    """One plausible event. The collector's ids name one event: equal ids mean equal events."""
    return st.builds(_event, st.sampled_from(kinds), to, id_, ages, lag, st.sampled_from(STATUSES))


def _event(kind, to, id_, age, lag, status):
    at = _MS - age
    return Event(kind, id_, at, min(at + lag, max(at, _MS)), "m", to, status)


def batches(of=None, *, max_size=60):
    """Lists of events in which an id stands for one event only."""
    return st.lists(of if of is not None else events(), max_size=max_size, unique_by=lambda event: event.id)


any_ms = st.one_of(st.integers(-(2**62), 2**62), ages.map(lambda age: _MS - age))
wild_events = st.builds(
    Event,
    st.sampled_from(tuple(Kind)),
    st.text(max_size=20),
    any_ms,
    any_ms,
    st.text(max_size=8),
    odd_addresses,
    st.text(max_size=8),
    st.text(max_size=8),
    st.text(max_size=8),
    st.booleans(),
    st.integers(-1, 60),
)

moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
