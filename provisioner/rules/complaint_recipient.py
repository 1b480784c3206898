"""Complaints by one recipient: the third ends the correspondence."""

from collections import defaultdict

from provisioner.model.verdict import BlockRecipient
from provisioner.rules.base import Outcome, Rule, Value, evidence, nth, whole
from provisioner.rules.view import View

ID = "complaint-recipient"


def judge(view: View) -> list[Outcome]:
    """Record the first ones; block at the limit."""
    strikes, days = (
        view.policy.whole("complaint.recipient.strikes"),
        view.policy.whole("complaint.recipient.window_days"),
    )
    by_address: dict[str, list[str]] = defaultdict(list)
    for event, (when, address) in view.complaints(view.since(days=days)).items():
        if address and when > view.settled(address):
            by_address[address].append(event)
    limits: dict[str, Value] = {"complaints": strikes, "window_days": days}  # shared, as the counts are: there are many
    counted: dict[int, dict[str, Value]] = {}
    found = []
    for address, events in sorted(by_address.items()):
        block = view.standing.blocks.get(address)
        if block is None or block.reason == "soft":
            numbers = counted.setdefault(len(events), {"complaints": len(events)})
            found.append(_outcome(address, events, numbers, limits, reached=len(events) >= strikes))
    return found


def _outcome(
    address: str, events: list[str], numbers: dict[str, Value], limits: dict[str, Value], *, reached: bool
) -> Outcome:
    sentence = (
        f"{address} reported mail as unwanted for the {nth(len(events))} time; you can no longer e-mail this person."
        if reached
        else f"{address} reported mail as unwanted ({len(events)} of {limits['complaints']}): please take the address "
        "off your lists."
    )
    why = evidence(ID, sentence, events, numbers=numbers, limits=limits)
    if not reached:
        return Outcome(severity="info", evidence=why)
    action = BlockRecipient(recipient=address, reason="complaint", evidence=why)
    return Outcome(severity="act", evidence=why, action=action)


RULE = Rule(
    id=ID,
    title="A recipient who complains again and again is blocked",
    why="Complaining once can be a slip of the finger. The third time it is an answer. Most products block at the "
    "first complaint; the `strict` profile does, too. A complaint that names several candidates is a strike on none of "
    "them.",
    source="hammo.io, SES on AWS: Getting Started with Email on AWS (2019)",
    kind="complaint",
    options=(
        whole("complaint.recipient.strikes", 3, "complaints", "the article's third strike", strict=1, most=10),
        whole("complaint.recipient.window_days", 365, "days", "older complaints are forgotten", most=365),
    ),
    judge=judge,
)
