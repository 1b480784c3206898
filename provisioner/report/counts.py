"""The numbers of the window, named for people.

A verdict's ``counts`` (see ``provisioner.rules.engine.count``) are numbers, or a word where something is not
known. Not known is not the same as none.
"""

from collections.abc import Mapping

from provisioner.report.data import Count

Values = Mapping[str, int | float | str]

COMPLAINT_BASE = "deliveries with complaint data"


def known(numbers: Values, name: str) -> int | None:
    """Look a number up; None if it is not known."""
    value = numbers.get(name)
    return value if isinstance(value, int) else None


def happened(numbers: Values) -> bool:
    """Tell whether anything at all was heard of the tenant's mail in the window."""
    return any(
        isinstance(value, int) and value > 0
        for name, value in numbers.items()
        if name.startswith("events.") or name in {"sends", "deliveries", "hard", "soft", "complainants"}
    )


def rate(part: int | None, whole: int | None) -> float | None:
    """Divide, where both are known and there is something to divide by."""
    return part / whole if part is not None and whole else None


def counts_of(numbers: Values) -> tuple[Count, ...]:
    """The numbers of a report, in the order they are read."""
    sends, delivered = known(numbers, "sends"), known(numbers, "deliveries")
    hard, soft = known(numbers, "hard"), known(numbers, "soft")
    complaints, base = known(numbers, "complainants"), known(numbers, COMPLAINT_BASE)
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
            label="People who complained",
            value=complaints,
            rate=rate(complaints, base),
            note="of deliveries, without Gmail" if base is not None and base != delivered else "",
        ),
        Count(id="virus", label="Virus incidents", value=known(numbers, "virus incidents")),
    )
