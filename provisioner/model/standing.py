"""A tenant's standing: the desired state, one JSON document per tenant, readable by a person.

The audit and the operator's named commands are the only writers; ``enforce`` makes AWS match it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

SCHEMA = 1


class State(StrEnum):
    """How a tenant stands. Only a person moves it back from ``suspended`` or ``terminated``."""

    GOOD = "good"
    WARNED = "warned"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"

    @property
    def may_send(self) -> bool:
        return self in (State.GOOD, State.WARNED)


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Why something was decided: the rule, what it compared, and the events behind it.

    Evidence holds nothing that could hold it, and there may be 100,000: ``gc=False`` spares the collector the walk.
    """

    rule: str
    sentence: str  # for a site owner
    numbers: dict[str, int | float | str] = {}  # what was counted
    limits: dict[str, int | float | str] = {}  # what it was compared with
    events: tuple[str, ...] = ()  # event ids, at most 20
    events_total: int = 0


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A recipient this tenant may not write to. ``until`` None: until a person unblocks."""

    reason: str  # soft, hard, complaint, manual
    since: datetime
    until: datetime | None = None
    evidence: Evidence | None = None
    by: str | None = None  # a person, for manual blocks


class Forgotten(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A block of somebody who asked to be forgotten: the address itself is only in AWS."""

    reason: str
    since: datetime
    until: datetime | None = None


class Unblock(msgspec.Struct, frozen=True, kw_only=True):
    """A person lifted a block; a second hard bounce within 12 months then needs the operator."""

    recipient: str
    at: datetime
    by: str
    reason: str


class Transition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of state, by a rule or by a named person. ``id`` is derived from its content."""

    id: str
    at: datetime
    before: State
    after: State
    kind: str = ""  # virus, hard, complaint, guessing …: what the escalation rule compares
    evidence: Evidence | None = None
    by: str | None = None
    reason: str | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something only the operator may confirm, such as a termination."""

    id: str
    at: datetime
    action: str  # terminate, block
    evidence: Evidence
    recipient: str | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail that is owed. Kept here until sent, so that a crash neither loses nor doubles one.

    ``id`` becomes the Message-ID's left side: a repeat after a crash carries the same one.
    """

    id: str
    kind: str  # warned, suspended, terminated, reinstated, blocked, proposal, unblocked, relay, policy …
    at: datetime
    evidence: tuple[Evidence, ...] = ()
    recipients: tuple[str, ...] = ()  # blocked or unblocked addresses, when the notice is about them
    by: str | None = None
    reason: str | None = None
    reached: tuple[str, ...] = ()  # audiences that were mailed, when another one failed
    sent: datetime | None = None  # when the last audience was mailed
    failed: str | None = None  # last error, if sending failed


class Enforcement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What reading back from AWS showed. ``suspended`` is only said to anyone once this is complete."""

    at: datetime
    complete: bool
    missing: tuple[str, ...] = ()  # levers or blocks that AWS does not show yet, in words
    drift: tuple[str, ...] = ()  # where AWS is stricter than the standing asks: left as found, in words
    opened: datetime | None = None  # the reinstatement that was carried out in full: it is never carried out twice
    overflow: int = 0  # blocks for which the Deny policies had no room; the SES tenant's list holds them


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole standing of one tenant. Size is bounded by the policy's windows, not by history."""

    schema: int = SCHEMA
    tenant: str
    state: State = State.GOOD
    since: datetime | None = None
    evidence: Evidence | None = None  # why it is in this state, if a rule put it there
    watermark: str = ""  # key of the last facts object that was judged
    judged: datetime | None = None
    policy_hash: str = ""
    reinstated: datetime | None = None  # windows never reach back before this
    blocks: dict[str, Block] = {}
    forgotten: dict[str, Forgotten] = {}  # by the keyed hash of the address, see rules/forgetting.py
    unblocks: tuple[Unblock, ...] = ()
    transitions: tuple[Transition, ...] = ()  # the newest 50
    proposals: tuple[Proposal, ...] = ()
    outbox: tuple[Notice, ...] = ()  # unsent, and the newest 20 sent
    enforcement: Enforcement | None = None
    windows: dict[str, Any] = {}  # what the rules remember; only provisioner/rules reads or writes it
