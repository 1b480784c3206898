"""A hard bounce: the address does not exist, so it is blocked at once."""

from collections.abc import Iterator

from provisioner.model.verdict import BlockRecipient, Propose
from provisioner.rules.base import Outcome, Rule, Value, evidence, whole
from provisioner.rules.clock import DAY
from provisioner.rules.hard import BOUNCES_EACH, UNKNOWN_USER
from provisioner.rules.lines import Bounce
from provisioner.rules.view import View

ID = "hard-recipient"
_NOUN = "hard bounces"


def judge(view: View) -> Iterator[Outcome]:
    """Block each address that bounced for good, except where a person already decided otherwise.

    There may be 100,000, each with its reason: what was known of one is let go before the next is judged.
    """
    since, strikes = view.since(days=28), view.policy.whole("hard.recipient.strikes")
    counted: list[dict[str, Value]] = [{_NOUN: count} for count in range(BOUNCES_EACH + 1)]  # shared: there are many
    limits: dict[str, Value] = {_NOUN: strikes}
    for address, known in view.memory.hard.use_up():
        block = view.standing.blocks.get(address)
        if address.startswith(" ") or (block is not None and block.reason in ("hard", "manual")):
            continue
        first = max(since, view.settled(address) + 1)
        bounces = [one for one in known if one[0] >= first]
        if view.outages:
            bounces = [one for one in bounces if not view.held(address, one[0])]
        if len(bounces) >= strikes:
            yield _outcome(view, address, bounces, counted[len(bounces)], limits)


def _outcome(
    view: View, address: str, bounces: list[Bounce], numbers: dict[str, Value], limits: dict[str, Value]
) -> Outcome:
    what = bounces[0][2]
    reason = "the mailbox does not exist" if what in UNKNOWN_USER else f"refused for good ({what or 'no reason given'})"
    events = [event for _, event, _ in bounces]
    lifted = view.unblocked.get(address)
    if lifted is not None:
        days = view.policy.whole("hard.recipient.unblock_days")
        if bounces[-1][0] - lifted <= days * DAY:
            return _ask(address, f"{address}: {reason}, again after it was unblocked", events, days)
    why = evidence(ID, f"{address}: {reason}.", events, numbers=numbers, limits=limits)
    return Outcome(severity="act", evidence=why, action=BlockRecipient(recipient=address, reason="hard", evidence=why))


def _ask(address: str, sentence: str, events: list[str], days: int) -> Outcome:
    why = evidence(
        ID,
        f"{sentence}; the operator decides whether to block it.",
        events,
        numbers={_NOUN: len(events)},
        limits={"days since unblock": days},
    )
    action = Propose(action="block", kind="hard", evidence=why, recipient=address)
    return Outcome(severity="act", evidence=why, action=action)


RULE = Rule(
    id=ID,
    title="An address that bounces hard is blocked at once",
    why="The receiving server said that the mailbox does not exist. Writing again only harms the sender. Wrong hard "
    "bounces happen, so `unblock` exists; if the address bounces again within a year of it, the operator is asked.",
    source="docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html",
    kind="hard",
    options=(
        whole("hard.recipient.strikes", 1, "hard bounces", "the first one is final", most=4),
        whole("hard.recipient.unblock_days", 365, "days", "how long a person's unblock is protected", most=365),
    ),
    judge=judge,
    last=True,
)
