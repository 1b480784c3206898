"""``decide``: events and a standing in, a verdict with the new standing out. Pure: no clock, no AWS, no files."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.feedback.deliveries import Deliveries
from provisioner.model.event import Event, Kind
from provisioner.model.standing import SCHEMA, Block, Evidence, Standing
from provisioner.model.verdict import (
    Action,
    BlockRecipient,
    Finding,
    Propose,
    Suspend,
    Tell,
    Terminate,
    UnblockRecipient,
    Verdict,
    Warn,
)
from provisioner.rules.addresses import domain_of
from provisioner.rules.base import Outcome, Rule, Value, evidence
from provisioner.rules.changes import Changes
from provisioner.rules.clock import stamp, to_ms
from provisioner.rules.escalation import escalate
from provisioner.rules.fold import Fold, Windows
from provisioner.rules.memory import SCHEMA as WINDOWS_SCHEMA
from provisioner.rules.memory import Memory
from provisioner.rules.outage import RULE as OUTAGE
from provisioner.rules.outage import Outage
from provisioner.rules.policy import Policy
from provisioner.rules.registry import FAST_RULES, TENANT_RULES
from provisioner.rules.view import View

A = TypeVar("A")


def decide(
    events: Iterable[Event | Deliveries],
    standing: Standing,
    policy: Policy,
    now: datetime,
    *,
    fast: bool = False,
    drill: bool = False,
    domain: str = "",
    outages: tuple[Outage, ...] = (),
) -> Verdict:
    """Judge one tenant by what came since the last judgement and by what the standing remembers.

    ``events`` may hold rows of deliveries as ``decode_rows`` yields them: the same to the rules, but faster.

    ``fast``: only the rules that cannot wait for the audit (virus, floods); the events are remembered all the same
    and may come again. ``drill`` counts mailbox-simulator events. ``domain``: the tenant's own. ``outages``: from
    ``provider_outages``. A ``now`` a day or more before the last audit reviews that old week: findings, no changes.
    """
    if standing.schema > SCHEMA:
        raise InnkeeperError(
            f"the standing of {standing.tenant} has schema {standing.schema}, this program knows up to {SCHEMA}",
            hint="use the program version that wrote it; nothing was judged and nothing was changed",
        )
    expired = _expired(standing, now)
    current = expire(standing, now)
    memory = _remember(events, current, policy, now, drill=drill)
    view = View(memory, current, policy, to_ms(now), domain=domain, outages=outages)
    counts = count(view)
    held = _held(view)
    findings, asked = _judge(view, FAST_RULES if fast else TENANT_RULES)
    findings += held
    review = standing.judged is not None and now <= standing.judged - timedelta(days=1)
    if review:
        return _verdict(standing, standing, policy, now, findings, (), counts)
    changes = Changes(current, memory, now)
    changes.actions += [UnblockRecipient(recipient=each, evidence=_ended(each, block)) for each, block in expired]
    findings += [one.finding for one in _apply(changes, view, asked, fast=fast)]
    asked.clear()  # the standing needs the room
    after = msgspec.structs.replace(
        changes.standing(), policy_hash=policy.hash, judged=standing.judged if fast else now
    )
    return _verdict(standing, after, policy, now, findings, changes.actions, counts)


def _judge(view: View, rules: tuple[Rule, ...]) -> tuple[list[Finding], list[Action]]:
    """What each rule found and asks for, in the order of the catalogue.

    Soft bounces may be half of the memory. No rule of another kind asks for them, so they make room; and so does the
    rest, before the rules that use up what they read.
    """
    said: dict[str, tuple[list[Finding], list[Action]]] = {}
    for kind, alike in groupby((rule for rule in rules if not rule.last), key=attrgetter("kind")):
        said.update((rule.id, _say(rule, view)) for rule in alike)
        if kind == "soft":
            view.let_go_of_soft()
    view.let_go()
    said.update((rule.id, _say(rule, view)) for rule in rules if rule.last)
    findings: list[Finding] = []
    actions: list[Action] = []
    for rule in rules:
        found, asked = said.pop(rule.id)
        findings += found
        actions += asked
    return findings, actions


def _say(rule: Rule, view: View) -> tuple[list[Finding], list[Action]]:
    """What one rule found and asks for; its outcomes are not kept, there may be 100,000."""
    findings: list[Finding] = []
    actions: list[Action] = []
    for one in rule.judge(view) if rule.judge else ():
        findings.append(one.finding)
        if one.action is not None:
            actions.append(one.action)
    return findings, actions


def expire(standing: Standing, now: datetime) -> Standing:
    """End the blocks whose time is over, and remember that their bounces are settled."""
    over = _expired(standing, now)
    if not over:
        return standing
    lifted = {
        **standing.windows.get("lifted", {}),
        **{address: stamp(to_ms(block.until or now)) for address, block in over},
    }
    gone = {address for address, _ in over}
    windows = {"schema": WINDOWS_SCHEMA, **standing.windows, "lifted": lifted}
    blocks = {address: block for address, block in standing.blocks.items() if address not in gone}
    return msgspec.structs.replace(standing, blocks=blocks, windows=windows)


def _expired(standing: Standing, now: datetime) -> list[tuple[str, Block]]:
    return sorted(
        (
            (address, block)
            for address, block in standing.blocks.items()
            if block.until is not None and block.until <= now
        ),
        key=lambda one: one[0],
    )


def _ended(address: str, block: Block) -> Evidence:
    return evidence(
        "soft-recipient",
        f"The block of {address} ran out; it is tried again.",
        block.evidence.events if block.evidence else (),
    )


def _remember(
    events: Iterable[Event | Deliveries], standing: Standing, policy: Policy, now: datetime, *, drill: bool
) -> Memory:
    windows = Windows(to_ms(now), soft_days=policy.whole("soft.recipient.window_days"), count_days=28, history_days=365)
    fold = Fold(Memory.load(standing.windows), windows, drill=drill)
    fold.absorb(events)
    return fold.settle()


def _apply(changes: Changes, view: View, actions: list[Action], *, fast: bool) -> list[Outcome]:
    """Blocks first, then the state, then what is asked and told. Returns what the escalation added."""
    changes.block(_of(BlockRecipient, actions))
    guessed = [
        Propose(action="terminate", kind="guessing", evidence=one.evidence)
        for one in _of(Suspend, actions)
        if one.kind == "guessing"
    ]
    changes.terminate(_of(Terminate, actions))
    suspended = changes.suspend(_of(Suspend, actions))
    escalated = escalate(view, suspended.kind, suspended.evidence) if suspended else None
    again = [escalated] if escalated else []
    changes.propose([*_of(Propose, actions), *guessed, *_of(Propose, [one.action for one in again])])
    warnings = _of(Warn, actions)
    changes.warn(warnings)
    changes.tell(_of(Tell, actions))
    if not fast and not warnings:
        changes.calm()
    return again


def _of(kind: type[A], actions: Iterable[Action | None]) -> list[A]:
    return [one for one in actions if isinstance(one, kind)]


def _held(view: View) -> tuple[Finding, ...]:
    """One finding for each outage that touches this tenant."""
    bounces = [(domain_of(a), each[0]) for a, each in view.memory.hard.newest(0)] if view.outages else []
    return tuple(
        Finding(
            severity="warn", evidence=evidence(OUTAGE.id, f"{each.sentence()} These bounces are left to a person.", ())
        )
        for each in view.outages
        if any(each.covers(*bounce) for bounce in bounces)
    )


def _verdict(
    before: Standing,
    after: Standing,
    policy: Policy,
    now: datetime,
    findings: Iterable[Finding],
    actions: Iterable[Action],
    counts: dict[str, Value],
) -> Verdict:
    return Verdict(
        tenant=before.tenant,
        at=now,
        policy_hash=policy.hash,
        before=before.state,
        after=after.state,
        findings=tuple(findings),
        actions=tuple(actions),
        standing=after,
        counts=counts,
    )


def count(view: View, days: int = 28) -> dict[str, Value]:
    """What the windows hold, for reports: all of it counted once however often it came."""
    since = view.since(days=days)
    deliveries, sends, hard = view.deliveries(since), view.sends(since), view.hard_count(since)
    base, complainants = view.deliveries_with_complaint_data(since), view.complainants(since)
    return {
        "window_days": days,
        "sends": sends if deliveries else "unknown",
        "deliveries": deliveries,
        "deliveries with complaint data": base,
        "hard": hard,
        "soft": len(view.soft(since)),
        "complainants": complainants,
        "virus incidents": len(view.memory.virus.all),
        "blocked": len(view.standing.blocks),
        "bounce_rate": round(hard / sends, 6) if deliveries else "unknown",
        "complaint_rate": round(complainants / base, 6) if base else "unknown",
        **{f"events.{kind.value}": seen for kind in Kind if (seen := view.seen(kind, since))},
    }
