"""When the fleet was last audited: the days since are counted daily, and a quiet tenant's standing does not say it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from provisioner.conduct import notes
from provisioner.model.standing import Standing
from provisioner.ports import Archive

KEY = "runs/last-audit.json"


class LastAudit(msgspec.Struct, frozen=True, kw_only=True):
    """The last audit of everybody that came to its end."""

    at: datetime
    judged: int = 0
    of: int = 0
    missing: tuple[str, ...] | None = None  # who was not judged; None: not known

    def of_tenant(self, standing: Standing) -> datetime | None:
        """When a tenant was last judged: a standing is stored only where there was something to store."""
        if standing.judged is None or self.missing is None or standing.tenant in self.missing:
            return standing.judged
        return max(standing.judged, self.at)


def read(archive: Archive) -> LastAudit | None:
    return notes.read(archive, KEY, LastAudit)


def mark(archive: Archive, now: datetime, *, judged: Iterable[str], fleet: Iterable[str]) -> None:
    """Note that the fleet was audited, and whom of it that reached."""
    everybody = frozenset(fleet)
    missing = everybody.difference(judged)
    note = LastAudit(at=now, judged=len(everybody) - len(missing), of=len(everybody), missing=tuple(sorted(missing)))
    notes.write(archive, KEY, note)


def days_since(archive: Archive, now: datetime) -> float:
    """Days since the last audit; where there was none yet, since this was first asked. Silence is counted, too."""
    last = read(archive)
    if last is None:
        notes.write(archive, KEY, LastAudit(at=now))
        return 0.0
    return max(0.0, (now - last.at).total_seconds() / 86_400)


def judged_at(archive: Archive, standing: Standing) -> datetime | None:
    """When the tenant of this standing was last judged."""
    last = read(archive)
    return last.of_tenant(standing) if last else standing.judged
