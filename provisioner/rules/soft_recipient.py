"""Soft bounces of one address, on several days, with no delivery in between."""

from datetime import timedelta

from provisioner.model.verdict import BlockRecipient
from provisioner.rules.base import Outcome, Rule, Value, evidence, whole
from provisioner.rules.clock import DAY, to_datetime
from provisioner.rules.lines import Bounce
from provisioner.rules.view import View

ID = "soft-recipient"


def judge(view: View) -> list[Outcome]:
    """Block what bounced softly on enough days in a row."""
    strikes, days = view.policy.whole("soft.recipient.strikes"), view.policy.whole("soft.recipient.window_days")
    since, length = view.since(days=days), timedelta(days=view.policy.whole("soft.recipient.block_days"))
    until = to_datetime(view.now) + length
    limits: dict[str, Value] = {"days": strikes, "window_days": days}  # shared, as all that is the same: there are many
    counted: dict[int, dict[str, Value]] = {}
    found = {}
    for address, bounces in view.memory.soft.each(strikes):
        run = _longest_run(bounces, view.memory.soft.times_delivered(address), max(since, view.settled(address) + 1))
        if address not in view.standing.blocks and len(run) >= strikes:
            numbers = counted.setdefault(len(run), {"days": len(run)})
            why = evidence(ID, _sentence(address, len(run), length), run.values(), numbers=numbers, limits=limits)
            action = BlockRecipient(recipient=address, reason="soft", evidence=why, until=until)
            found[address] = Outcome(severity="act", evidence=why, action=action)
    return [found[address] for address in sorted(found)]


def _longest_run(bounces: list[Bounce], delivered: list[int], since: int) -> dict[int, str]:
    """The most days (and a bounce of each) that no delivery to the address interrupts."""
    timeline = [(when, True, event) for when, event, _ in bounces]
    timeline += [(when, False, "") for when in delivered]
    best: dict[int, str] = {}
    run: dict[int, str] = {}
    for when, bounced, event in sorted(timeline):
        if not bounced:
            run = {}
        elif when >= since:
            run = {**run, when // DAY: event}
            best = max(best, run, key=len)
    return best


def _sentence(address: str, days: int, length: timedelta) -> str:
    return (
        f"{address} could not take mail on {days} different days and took none in between; "
        f"it is blocked for {length.days} days."
    )


RULE = Rule(
    id=ID,
    title="An address that bounces softly again and again is blocked for a while",
    why="A full or unreachable mailbox may recover, so one soft bounce says little. SES reports one only after up to "
    "14 hours of its own retries; three on different days with no delivery in between say that nobody reads there. "
    "At most one bounce a day counts, out-of-office replies never do, and the block ends by itself.",
    source="docs.aws.amazon.com/ses/latest/dg/notification-contents.html; other products use 3 to 7",
    kind="soft",
    options=(
        whole(
            "soft.recipient.strikes", 3, "days", "days with a soft bounce and no delivery between", friendly=5, most=30
        ),
        whole("soft.recipient.window_days", 30, "days", "older soft bounces are forgotten", most=60),
        whole("soft.recipient.block_days", 30, "days", "afterwards the address is tried again", friendly=14, most=365),
    ),
    judge=judge,
)
