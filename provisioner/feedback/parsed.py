"""What reading a message can come to."""

from enum import StrEnum

import msgspec

from provisioner.model.event import Event


class Flag(StrEnum):
    """Something an operator may want to see about an accepted message."""

    CLOCK = "clock"  # a time more than a day off its arrival
    DAMAGED = "damaged"  # fields of a wrong type were left out
    PARTIAL = "partial"  # other parts of the same message could not be read
    SIMULATOR = "simulator"  # mailbox simulator
    UNCLEAR = "unclear-recipient"  # an event of the tenant's that is nobody's strike
    UNKNOWN = "unknown"  # a type or sub-type that is not in our tables


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Events of the tenant's own, one per recipient; ``flags`` are values of Flag."""

    events: tuple[Event, ...]
    flags: tuple[str, ...] = ()


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A message about the plumbing: keep it, count it, do nothing."""

    kind: str
    note: str = ""


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """To be set aside with the reason. ``security``: it claims to be, or is, somebody else's."""

    reason: str
    security: bool = False


Parsed = Accepted | Control | Quarantined
