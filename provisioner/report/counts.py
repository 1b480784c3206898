"""The numbers of the window, named for people.

A verdict's ``counts`` name kinds of events by their value (``delivery``, ``soft`` …) and a few sums by the names
below. A number that is absent, negative or no number is not known, which is not the same as none.
"""

from collections.abc import Mapping

from provisioner.report.data import Count

Values = Mapping[str, int | float | str]

# Names of a number in ``counts``, the first that is there wins.
SENDS = ("sends",)
DELIVERIES = ("deliveries", "delivery")
HARD = ("hard_recipients", "hard")
SOFT = ("soft_recipients", "soft")
COMPLAINTS = ("complainants", "complaints", "complaint")
COMPLAINT_BASE = ("complaint_deliveries", "deliveries_with_complaint_data")
VIRUS = ("virus_incidents", "virus")


def known(numbers: Values, *names: str) -> int | None:
    """Look up the first of ``names`` that is a number; None if none is."""
    for name in names:
        value = numbers.get(name)
        if isinstance(value, int) and value >= 0:
            return value
    return None


def rate(part: int | None, whole: int | None) -> float | None:
    """Divide, where both are known and there is something to divide by."""
    return part / whole if part is not None and whole else None


def complaint_base(numbers: Values) -> int | None:
    """Deliveries that could have been complained about."""
    return known(numbers, *COMPLAINT_BASE, *DELIVERIES)


def counts_of(numbers: Values) -> tuple[Count, ...]:
    """The numbers of a report, in the order they are read."""
    sends, delivered = known(numbers, *SENDS), known(numbers, *DELIVERIES)
    hard, soft = known(numbers, *HARD), known(numbers, *SOFT)
    complaints = known(numbers, *COMPLAINTS)
    unknown = "rate unknown: no deliveries were reported"
    return (
        Count(id="sent", label="Sent", value=sends),
        Count(id="delivered", label="Delivered", value=delivered, rate=rate(delivered, sends)),
        Count(
            id="hard",
            label="Address does not exist",
            value=hard,
            rate=rate(hard, sends),
            note="" if sends or not hard else unknown,
        ),
        Count(id="soft", label="Given up after many tries", value=soft, rate=rate(soft, sends)),
        Count(
            id="complaints",
            label="Complaints",
            value=complaints,
            rate=rate(complaints, complaint_base(numbers)),
            note="of deliveries, without Gmail" if known(numbers, *COMPLAINT_BASE) is not None else "",
        ),
        Count(id="virus", label="Virus found", value=known(numbers, *VIRUS)),
    )
