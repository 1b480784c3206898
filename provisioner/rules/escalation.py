"""A second suspension of the same kind: the operator is asked whether to go on with this tenant."""

from provisioner.model.standing import Evidence, State
from provisioner.model.verdict import Propose
from provisioner.rules.base import Outcome, Rule, evidence, nth, whole
from provisioner.rules.clock import DAY, to_ms
from provisioner.rules.view import View, date

ID = "escalation"


def escalate(view: View, kind: str, cause: Evidence) -> Outcome | None:
    """Judge a suspension that is about to happen against those before it."""
    days = view.policy.whole("escalation.window_days")
    before = [
        to_ms(one.at) for one in view.standing.transitions
        if one.after is State.SUSPENDED and one.kind == kind and to_ms(one.at) >= view.now - days * DAY
    ]  # fmt: skip
    limit = view.policy.whole("escalation.suspensions")
    if len(before) + 1 < limit:
        return None
    why = evidence(
        ID, f"Suspended for the {nth(len(before) + 1)} time within {days} days for the same reason ({kind}; before: "
        f"{', '.join(map(date, sorted(before)))}). Terminating is for the operator to decide.", cause.events,
        numbers={"suspensions": len(before) + 1, "kind": kind}, limits={"suspensions": limit, "window_days": days},
        total=cause.events_total,
    )  # fmt: skip
    return Outcome(severity="act", evidence=why, action=Propose(action="terminate", kind=kind, evidence=why))


RULE = Rule(
    id=ID,
    title="A second suspension of one kind proposes termination",
    why="Whoever was suspended, explained, was reinstated and does it again has had the benefit of the doubt. Only a "
    "person terminates for rates: rates alone never do.",
    source="this project's policy",
    options=(
        whole("escalation.suspensions", 2, "suspensions", "the second of its kind", friendly=3, least=2, most=10),
        whole("escalation.window_days", 180, "days", "half a year of good conduct is a fresh start", most=365),
    ),
)
