"""Bounces that are no strike on an address but tell the tenant something: about itself, or about the message."""

from provisioner.model.event import Kind
from provisioner.model.verdict import Tell
from provisioner.rules.base import Outcome, Rule, evidence, whole
from provisioner.rules.traces import ADVICE_EVENTS
from provisioner.rules.view import View

ID = "advice"
_SENTENCES = {
    Kind.POLICY: "{mails} refused because of the sender's policy or reputation (5.7.x), not because of the address. "
    "Check SPF, DKIM and DMARC with `verify`, and whether the content looks like advertising.",
    Kind.RELAY: "{mails} refused by Apple's private relay (privaterelay.appleid.com) because this sender is not "
    "registered with Apple. Register the domain and its MAIL FROM domain under “Configure private email relay service” "
    "in the Apple developer account. The addresses themselves are fine and stay unblocked.",
    Kind.CONTENT: "{mails} refused because of the message itself: too large, or its content or an attachment was "
    "disliked. Send a link instead of the file.",
}


def judge(view: View) -> list[Outcome]:
    """Tell, once in a window and kind (the engine sees to that)."""
    return [
        outcome
        for kind in _SENTENCES
        if (outcome := _judge_kind(view, kind, view.policy.whole(f"advice.{kind.value}"))) is not None
    ]


def _judge_kind(view: View, kind: Kind, least: int) -> Outcome | None:
    since = view.since(days=28)
    events = [event for event, when in view.memory.advice.of.get(kind.value, {}).items() if when >= since]
    if len(events) < least:
        return None
    count = f"{len(events)}" if len(events) < ADVICE_EVENTS else f"{ADVICE_EVENTS} or more"
    mails = f"{count} mail was" if len(events) == 1 else f"{count} mails were"
    why = evidence(
        f"{ID}-{kind.value}",
        _SENTENCES[kind].format(mails=mails),
        events,
        numbers={"mails": len(events)},
        limits={"mails": least, "window_days": 28},
    )
    return Outcome(severity="info", evidence=why, action=Tell(kind=kind.value, evidence=why))


RULE = Rule(
    id=ID,
    title="Some bounces are advice, not strikes",
    why="A permanent bounce with a 5.7.x status blames the sender; at Apple's private relay the sender is not "
    "registered; MessageTooLarge, ContentRejected and AttachmentRejected are about the message. No address is blocked "
    "for them: the tenant is told what to do, at most once a kind in 28 days.",
    source="docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html; developer.apple.com",
    options=(
        whole("advice.policy", 1, "mails", "one refusal for reputation is worth a look", friendly=3, most=100),
        whole("advice.relay", 1, "mails", "registration helps from the first on", most=100),
        whole("advice.content", 3, "mails", "one rejected attachment is the recipient's taste", most=100),
    ),
    judge=judge,
)
