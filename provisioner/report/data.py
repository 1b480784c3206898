"""What a behaviour report says, as data: the same for HTML, text, JSON and CSV."""

from datetime import datetime

import msgspec


class Report(msgspec.Struct, frozen=True):
    """One report in every form. All are complete by themselves and load nothing from outside."""

    html: str
    text: str
    json: str
    csv: str


class Compared(msgspec.Struct, frozen=True):
    """One number of a rule and the limit it was compared with, as text; either may be empty."""

    name: str
    value: str
    limit: str


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One finding as it stands in a mail or on a page. ``severity``: info, warn, act."""

    rule: str
    sentence: str
    compared: tuple[Compared, ...] = ()
    events: int = 0
    severity: str = "info"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the window. ``value`` None: not known. ``rate`` None: no rate, or not known."""

    id: str
    label: str
    value: int | None
    note: str = ""
    rate: float | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How near a limit is. ``value``, ``warn`` and ``act`` share a unit: a share of 0 to 1, or a count."""

    rule: str
    label: str
    sentence: str  # what the rule said
    marks: str  # where the limits are, in words
    value: float
    act: float
    warn: float | None = None
    share: bool = False  # the three are shares
    warned: bool = False  # the warning's limit is reached

    @property
    def level(self) -> str:
        """``good``, ``warn`` or ``stop``."""
        if self.warned:
            return "stop" if self.value >= self.act and self.warn is not None else "warn"
        return "good"

    @property
    def nearness(self) -> float:
        """How much of the way to the limit is gone: 1 is the limit itself."""
        return self.value / self.act if self.act else 0.0

    @property
    def fill(self) -> int:
        """Percent of the bar; the limit stands at 80."""
        return min(100, round(80 * self.nearness))

    @property
    def warn_mark(self) -> int | None:
        """Where on the bar the warning stands, in percent."""
        return None if self.warn is None or not self.act else round(80 * self.warn / self.act)


class Blocked(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that the tenant may not write to."""

    recipient: str
    reason: str
    since: datetime
    until: datetime | None = None
    rule: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change of state in the tenant's history."""

    at: datetime
    before: str
    after: str
    why: str
    by: str = ""


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on one tenant's report; built from that tenant's objects only."""

    week: str  # ISO week, such as 2026-W48, that the report is filed under
    at: datetime
    tenant: str
    name: str
    domain: str
    state: str
    since: datetime | None
    headline: str
    tone: str  # good, calm, warn, stop
    why: Reason | None = None
    activity: str = "sent"  # sent, none (no mail was sent), uncollected (nobody knows), unjudged
    window_days: int = 28
    counts: tuple[Count, ...] = ()
    limits: tuple[Limit, ...] = ()
    findings: tuple[Reason, ...] = ()
    blocks: tuple[Blocked, ...] = ()
    history: tuple[Step, ...] = ()
    proposals: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    unenforced: tuple[str, ...] | None = None  # None: complete, or nothing to enforce
    remarks: tuple[str, ...] = ()  # where AWS differs from the standing without harm, in words
    judged: datetime | None = None
    profile: str = ""
    policy_hash: str = ""

    def count(self, name: str) -> Count | None:
        """The number ``name`` of the window."""
        return next((count for count in self.counts if count.id == name), None)

    @property
    def nearest(self) -> Limit | None:
        """The limit that is most used up."""
        return max(self.limits, key=lambda limit: limit.nearness, default=None)
