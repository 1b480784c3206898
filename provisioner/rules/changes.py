"""Apply outcomes to a standing, each at most once: blocks, state, proposals, notices.

The engine hands outcomes over; this keeps the books. What is already so causes no action and no notice, which is
why judging twice is the same as judging once.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import msgspec

from provisioner.model.standing import Block, Evidence, Notice, Proposal, Standing, State, Transition
from provisioner.model.verdict import Action, BlockRecipient, Propose, Suspend, Tell, Terminate, Warn
from provisioner.rules.clock import DAY, to_ms
from provisioner.rules.ids import chain, digest
from provisioner.rules.memory import Memory

TRANSITIONS = 50
SENT_NOTICES = 20
NOTICE_EVIDENCE = 100  # a notice explains so many blocks; it names all addresses
WARNING_DAYS = 28  # one warning of a kind in so many days, and as long at least is a tenant called warned
A = TypeVar("A", Suspend, Terminate, Warn)
_REASONS = ("soft", "complaint", "hard", "manual")
_KINDS = ("virus", "guessing", "complaint", "hard", "soft")


class Changes:
    """A standing in the making."""

    def __init__(self, standing: Standing, memory: Memory, now: datetime) -> None:
        self.before = standing
        self.memory = memory
        self.now = now
        self.state = standing.state
        self.since = standing.since
        self.evidence = standing.evidence
        self.blocks = dict(standing.blocks)
        self.transitions = list(standing.transitions)
        self.proposals = list(standing.proposals)
        self.outbox = list(standing.outbox)
        self.actions: list[Action] = []

    def block(self, blocks: list[BlockRecipient]) -> None:
        """Block addresses; one notice names them all. A firmer reason replaces a weaker one.

        There may be 100,000: they are put in order where they are, and no dict holds them.
        """
        told: list[BlockRecipient] = []
        blocks.sort(key=attrgetter("recipient"))
        for action in sorted(blocks, key=lambda one: _REASONS.index(one.reason)):
            known = self.blocks.get(action.recipient)
            if known is not None and _REASONS.index(known.reason) >= _REASONS.index(action.reason):
                continue
            since = known.since if known else self.now
            self.blocks[action.recipient] = Block(
                reason=action.reason, since=since, until=action.until, evidence=action.evidence
            )
            was = self.before.blocks.get(action.recipient)
            if was is None or was.until is not None:
                told.append(action)
        if told:
            told.sort(key=attrgetter("recipient"))  # of two blocks of one address the firmer stays last
            new = [last for _, (*_, last) in groupby(told, key=attrgetter("recipient"))]
            names = tuple(one.recipient for one in new)
            self.actions += new
            content = ((one.recipient, one.reason, one.evidence.events) for one in new)
            why = tuple(one.evidence for one in new[:NOTICE_EVIDENCE])
            self._notice("blocked", content, why, names)

    def terminate(self, actions: list[Terminate]) -> None:
        if actions and self.state is not State.TERMINATED:
            self._move(State.TERMINATED, _first(actions), [one.evidence for one in actions])
            self.proposals = [one for one in self.proposals if one.action != "terminate"]

    def suspend(self, actions: list[Suspend]) -> Suspend | None:
        """Suspend for the gravest kind; None if the tenant is stopped already."""
        if not actions or not self.state.may_send:
            return None
        action = _first(actions)
        self._move(State.SUSPENDED, action, [one.evidence for one in actions])
        return action

    def warn(self, actions: list[Warn]) -> None:
        """Warn: one notice per kind and window, one transition."""
        if not actions or not self.state.may_send:
            return
        if self.state is State.GOOD:
            self._transition(State.WARNED, _first(actions).kind, _first(actions).evidence)
        for action in sorted(actions, key=lambda one: _KINDS.index(one.kind)):
            if self._due(action.kind):
                self.actions.append(action)
                self._notice("warned", [action.kind, action.evidence.events], (action.evidence,))

    def calm(self) -> None:
        """No rule warns any more: back to good once the warning is older than its window."""
        long_ago = self.since is None or to_ms(self.now) - to_ms(self.since) >= WARNING_DAYS * DAY
        if self.state is State.WARNED and long_ago:
            self._transition(State.GOOD, "", None)

    def tell(self, actions: list[Tell]) -> None:
        for action in actions:
            if self._due(f"advice.{action.kind}"):
                self.actions.append(action)
                self._notice(action.kind, action.evidence.events, (action.evidence,))

    def propose(self, actions: list[Propose]) -> None:
        """Ask the operator, once: not again while the question is open or was answered for this suspension."""
        asked = []
        for action in sorted(actions, key=lambda one: (one.action, one.recipient or "", one.evidence.rule)):
            if self._open(action):
                content = (self.before.tenant, action.action, action.evidence.rule, action.recipient)
                name = digest("proposal", *content, chain(self.transitions), action.evidence.events)
                self.proposals.append(Proposal(
                    id=name, at=self.now, action=action.action, evidence=action.evidence, recipient=action.recipient,
                ))  # fmt: skip
                asked.append(action)
        if asked:
            self.actions += asked
            why = tuple(one.evidence for one in asked[:NOTICE_EVIDENCE])
            names = tuple(one.recipient for one in asked if one.recipient)
            self._notice("proposal", [(one.action, one.recipient, one.evidence.events) for one in asked], why, names)

    def standing(self) -> Standing:
        """The new standing; what history may keep is cut here."""
        sent = [one for one in self.outbox if one.sent][-SENT_NOTICES:]
        return msgspec.structs.replace(
            self.before, state=self.state, since=self.since, evidence=self.evidence, blocks=self.blocks,
            transitions=tuple(self.transitions[-TRANSITIONS:]), proposals=tuple(self.proposals),
            outbox=tuple(one for one in self.outbox if not one.sent or one in sent), windows=self.memory.dump(),
        )  # fmt: skip

    def _open(self, action: Propose) -> bool:
        same = any(
            (one.action, one.recipient) == (action.action, action.recipient)
            and (action.action != "terminate" or one.evidence.rule == action.evidence.rule)
            for one in self.proposals
        )
        if same or (action.action == "terminate" and self.state is State.TERMINATED):
            return False
        answered = self.memory.closed.get("terminate", -1) if action.action == "terminate" else -1
        return self.since is None or answered < to_ms(self.since)

    def _due(self, kind: str) -> bool:
        """Whether a notice of this kind may be written now; notes that it was."""
        now, last = to_ms(self.now), self.memory.warned.get(kind)
        if last is not None and last > now - WARNING_DAYS * DAY:
            return False
        self.memory.warned[kind] = now
        return True

    def _move(self, after: State, action: Suspend | Terminate, why: list[Evidence]) -> None:
        self.actions.append(action)
        self._transition(after, action.kind, action.evidence)
        self._notice(after.value, chain(self.transitions), tuple(why))

    def _transition(self, after: State, kind: str, why: Evidence | None) -> None:
        content = (self.before.tenant, chain(self.transitions), self.state, after, kind, why.rule if why else "")
        self.transitions.append(Transition(
            id=digest("transition", *content, why.events if why else ()), at=self.now, before=self.state, after=after,
            kind=kind, evidence=why,
        ))  # fmt: skip
        self.state, self.since, self.evidence = after, self.now, why

    def _notice(self, kind: str, content: object, why: tuple[Evidence, ...], names: tuple[str, ...] = ()) -> None:
        name = digest("notice", self.before.tenant, kind, content, self.before.reinstated)
        if all(one.id != name for one in self.outbox):
            self.outbox.append(Notice(id=name, kind=kind, at=self.now, evidence=why, recipients=names))


def _first(actions: Sequence[A]) -> A:
    """The gravest kind; of one kind the rule that comes first by name."""
    return min(actions, key=lambda one: (_KINDS.index(one.kind), one.evidence.rule))
