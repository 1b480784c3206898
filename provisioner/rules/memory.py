"""What the rules remember of a tenant between two judgements: ``Standing.windows``.

Bounded by the policy's windows and by caps (see ``docs/rules.md``), never by history. The memory of two batches
is the memory of both together, whatever their order and however often an event comes: each part is a set, a
maximum, or a sample that has this property. Decisions are made from it and never kept in it.
"""

from typing import Any

from provisioner.errors import InnkeeperError
from provisioner.model.event import Kind
from provisioner.rules.clock import from_stamp, stamp
from provisioner.rules.correspondence import Domains
from provisioner.rules.hard import HardBounces
from provisioner.rules.recent import Recent
from provisioner.rules.sample import DayCounts
from provisioner.rules.soft import SoftBounces
from provisioner.rules.traces import Advice, Complaints, Incidents

SCHEMA = 1
PER_DAY = 4_096  # events of a kind counted exactly per day; above, estimated within some 1.6 %
MINOR_PER_DAY = 1_024  # the same for kinds that no rule counts
COUNTED = frozenset(
    {
        Kind.DELIVERY,
        Kind.HARD,
        Kind.POLICY,
        Kind.RELAY,
        Kind.SOFT,
        Kind.CONTENT,
        Kind.UNDETERMINED,
        Kind.REJECT,
        Kind.VIRUS,
    }
)


def cap_of(kind: Kind) -> int:
    return PER_DAY if kind in COUNTED else MINOR_PER_DAY


class Memory:
    """Everything remembered, in the form the rules read. ``fold`` fills it, ``View`` reads it."""

    def __init__(self) -> None:
        self.seen: dict[Kind, DayCounts] = {}
        self.bounced = DayCounts(PER_DAY)  # distinct addresses, when there are too many for ``hard``
        self.complained = DayCounts(PER_DAY)  # the same for ``complaints``
        self.hard = HardBounces()
        self.soft = SoftBounces()
        self.complaints = Complaints()
        self.virus = Incidents()
        self.advice = Advice()
        self.domains = Domains()
        self.recent = Recent()
        self.warned: dict[str, int] = {}  # kind -> when the last notice was written
        self.lifted: dict[str, int] = {}  # address -> when a soft block ended: earlier bounces are settled
        self.closed: dict[str, int] = {}  # proposals the operator decided: id -> when
        self._written: dict[str, Any] = {}

    def counts(self, kind: Kind) -> DayCounts:
        known = self.seen.get(kind)
        if known is None:
            known = self.seen[kind] = DayCounts(cap_of(kind))
        return known

    def write_down(self) -> None:
        """Let go of samples: of them only what ``dump`` gives stays known, in a tenth of the room."""
        self._written = {**self._samples(), **self._written}
        self.seen, self.bounced, self.complained = {}, DayCounts(PER_DAY), DayCounts(PER_DAY)
        self.domains, self.recent = Domains(), Recent()

    def _samples(self) -> dict[str, Any]:
        return {
            "seen": {kind.value: counts.dump() for kind, counts in sorted(self.seen.items()) if counts.days},
            "bounced": self.bounced.dump(),
            "complained": self.complained.dump(),
            "domains": self.domains.dump() if self.domains.of else {},
            "recent": self.recent.dump(),
        }

    def dump(self) -> dict[str, Any]:
        """As JSON data, cut to what a standing may hold; a part that is empty is left out."""
        for part in (self.hard, self.soft, self.complaints):
            part.cut()
        samples = self._written or self._samples()
        parts: dict[str, Any] = {
            "seen": samples["seen"],
            "bounced": samples["bounced"],
            "complained": samples["complained"],
            "hard": self.hard.dump(),
            "soft": self.soft.dump(),
            "complaints": self.complaints.dump(),
            "virus": self.virus.dump(),
            "advice": self.advice.dump(),
            "domains": samples["domains"],
            "recent": samples["recent"],
            "warned": _stamps(self.warned),
            "lifted": _stamps(self.lifted),
            "closed": _stamps(self.closed),
        }
        return {"schema": SCHEMA, **{name: part for name, part in parts.items() if part}}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Memory":
        """Read ``Standing.windows``; an empty one is a new tenant's. Refuses what is newer or cannot be read."""
        if not data:
            return cls()
        data = migrate(data)
        try:
            return cls._load(data)
        except (ValueError, TypeError, LookupError, AttributeError) as err:
            raise InnkeeperError(
                f"the standing's windows cannot be read: {type(err).__name__}: {err}",
                hint="restore an earlier version of the standing; nothing was judged and nothing was changed",
            ) from err

    @classmethod
    def _load(cls, data: dict[str, Any]) -> "Memory":
        self = cls()
        self.seen = {Kind(k): DayCounts.load(part, cap_of(Kind(k))) for k, part in data.get("seen", {}).items()}
        self.bounced = DayCounts.load(data.get("bounced", {}), PER_DAY)
        self.complained = DayCounts.load(data.get("complained", {}), PER_DAY)
        self.hard = HardBounces.load(data.get("hard", {}))
        self.soft = SoftBounces.load(data.get("soft", {}))
        self.complaints = Complaints.load(data.get("complaints", {}))
        self.virus = Incidents.load(data.get("virus", []))
        self.advice = Advice.load(data.get("advice", {}))
        if "domains" in data:
            self.domains = Domains.load(data["domains"])
        self.recent = Recent.load(data.get("recent", ""))
        self.warned, self.lifted, self.closed = (_times(data.get(n, {})) for n in ("warned", "lifted", "closed"))
        return self


def migrate(data: dict[str, Any]) -> dict[str, Any]:
    """Bring windows that an older program wrote to the present form, step by step."""
    schema = data.get("schema", 0)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise InnkeeperError(
            f"the standing's windows have schema {schema}, this program knows up to {SCHEMA}",
            hint="use the program version that wrote them; nothing was judged and nothing was changed",
        )
    for step in range(schema, SCHEMA):
        data = MIGRATIONS[step](data)
    return data


def _from_0(data: dict[str, Any]) -> dict[str, Any]:
    """Schema 0 had no number; nothing else differs."""
    return {**data, "schema": 1}


MIGRATIONS = {0: _from_0}


def _stamps(times: dict[str, int]) -> dict[str, str]:
    return {name: stamp(when) for name, when in sorted(times.items())}


def _times(stamps: dict[str, str]) -> dict[str, int]:
    return {name: from_stamp(text) for name, text in stamps.items()}
