"""What an audit decided about one tenant: findings and actions as data, performed later by the shell."""

from datetime import datetime

import msgspec

from provisioner.model.standing import Evidence, Standing, State


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing a rule saw. ``severity``: info, warn, act."""

    severity: str
    evidence: Evidence


class BlockRecipient(msgspec.Struct, frozen=True, kw_only=True, tag="block-recipient", gc=False):
    recipient: str
    reason: str
    evidence: Evidence
    until: datetime | None = None


class UnblockRecipient(msgspec.Struct, frozen=True, kw_only=True, tag="unblock-recipient", gc=False):
    recipient: str
    evidence: Evidence


class Warn(msgspec.Struct, frozen=True, kw_only=True, tag="warn"):
    kind: str
    evidence: Evidence


class Suspend(msgspec.Struct, frozen=True, kw_only=True, tag="suspend"):
    kind: str
    evidence: Evidence


class Terminate(msgspec.Struct, frozen=True, kw_only=True, tag="terminate"):
    kind: str
    evidence: Evidence


class Propose(msgspec.Struct, frozen=True, kw_only=True, tag="propose"):
    """Ask the operator; ``action`` is ``terminate`` or ``block``."""

    action: str
    kind: str
    evidence: Evidence
    recipient: str | None = None


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag="tell"):
    """Advice without a strike: register with Apple, message too large, sender blamed."""

    kind: str
    evidence: Evidence


Action = BlockRecipient | UnblockRecipient | Warn | Suspend | Terminate | Propose | Tell


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one judgement. ``standing`` is what should be stored; ``decide`` changes nothing itself."""

    tenant: str
    at: datetime
    policy_hash: str
    before: State
    after: State
    findings: tuple[Finding, ...]
    actions: tuple[Action, ...]
    standing: Standing
    counts: dict[str, int | float | str] = {}  # what was seen in the windows, for the report
