"""Why a tenant, or one of its recipients, stands as it does: in sentences, from the standing alone."""

from datetime import datetime

from provisioner.model.standing import Block, Evidence, Standing, State, Transition
from provisioner.rules.clock import to_datetime
from provisioner.rules.memory import Memory
from provisioner.rules.view import date

_STATES = {
    State.GOOD: ("in good standing", "it may send"),
    State.WARNED: ("warned", "it may send, and should look at the reasons below"),
    State.SUSPENDED: ("suspended", "it cannot send until a person reinstates it"),
    State.TERMINATED: ("terminated", "it cannot send"),
}


def explain(standing: Standing, tenant: str = "", recipient: str | None = None) -> list[str]:
    """Sentences, most important first; ``tenant`` is the name to use, ``recipient`` narrows it to one address."""
    name = tenant or standing.tenant
    return _recipient(standing, name, recipient.lower()) if recipient else _tenant(standing, name)


def _tenant(standing: Standing, name: str) -> list[str]:
    since = f" since {_when(standing.since)}" if standing.since else ""
    word, meaning = _STATES[standing.state]
    lines = [f"{name} is {word}{since}: {meaning}."]
    if standing.evidence:
        lines += ["Why: " + line for line in describe(standing.evidence)]
    if standing.enforcement and not standing.enforcement.complete:
        lines.append("Not all of it is in force yet: " + "; ".join(standing.enforcement.missing) + ".")
    for asked in standing.proposals:
        what = f"{asked.action} {asked.recipient}" if asked.recipient else asked.action
        lines.append(f"Waiting for the operator: {what} ({asked.id}). {asked.evidence.sentence}")
    lines += [_step(one) for one in reversed(standing.transitions)]
    lines.append(f"Blocked addresses: {len(standing.blocks)}.")
    if standing.reinstated:
        lines.append(f"Nothing before the reinstatement of {_when(standing.reinstated)} counts.")
    judged = (
        f"Last audit: {_when(standing.judged)}, policy {standing.policy_hash}."
        if standing.judged
        else "Not audited yet."
    )
    return [*lines, judged]


def _recipient(standing: Standing, name: str, address: str) -> list[str]:
    block = standing.blocks.get(address)
    lines = _block(name, address, block) if block else [f"{address} is not blocked for {name}."]
    lines += [
        f"Unblocked on {_when(one.at)} by {one.by}: {one.reason}"
        for one in standing.unblocks
        if one.recipient == address
    ]
    return lines + _history(standing, address)


def _block(name: str, address: str, block: Block) -> list[str]:
    until = f" until {_when(block.until)}" if block.until else ", until a person unblocks it"
    who = f" by {block.by}" if block.by else ""
    lines = [f"{name} may not write to {address} ({block.reason}{who}) since {_when(block.since)}{until}."]
    return lines + ["Why: " + line for line in describe(block.evidence)] if block.evidence else lines


def _history(standing: Standing, address: str) -> list[str]:
    """What the windows still remember of one address."""
    memory = Memory.load(standing.windows)
    lines = [
        f"{_when(to_datetime(when))}: hard bounce {what or 'without a reason'} (event {event})"
        for when, event, what in memory.hard.of(address)
    ]
    lines += [f"{_when(to_datetime(when))}: soft bounce (event {event})" for when, event, _ in memory.soft.of(address)]
    lines += [f"{_when(to_datetime(when))}: delivered" for when in memory.soft.times_delivered(address)]
    lines += [
        f"{_when(to_datetime(when))}: complaint (event {event})"
        for event, (when, who) in memory.complaints.of.items() if who == address
    ]  # fmt: skip
    if address in memory.lifted:
        lines.append(f"{date(memory.lifted[address])}: an earlier block ran out; what was before is settled")
    return sorted(lines) or ["The windows hold no bounce and no complaint of this address."]


def describe(evidence: Evidence) -> list[str]:
    """The sentence, the rule with the numbers it compared, and the events."""
    numbers = ", ".join(f"{name} {value}" for name, value in evidence.numbers.items())
    limits = ", ".join(f"{name} {value}" for name, value in evidence.limits.items())
    lines = [evidence.sentence, f"rule {evidence.rule}: {numbers or 'no numbers'}; limits: {limits or 'none'}"]
    if evidence.events:
        rest = evidence.events_total - len(evidence.events)
        lines.append("events " + ", ".join(evidence.events) + (f" and {rest} more" if rest > 0 else ""))
    return lines


def _step(one: Transition) -> str:
    cause = (
        f"by {one.by}: {one.reason}" if one.by else (one.evidence.sentence if one.evidence else "its windows are clean")
    )
    return f"{_when(one.at)}: {one.before} → {one.after}{f' ({one.kind})' if one.kind else ''}, {cause}"


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
