"""What a notice says, before it becomes text or HTML: one function per kind of notice.

Each answers the same questions: what happened, why, what to do, how to answer, when it ends.
"""

from collections.abc import Callable

import msgspec

from provisioner.model.manifest import Manifest
from provisioner.model.standing import Notice, Standing, State
from provisioner.report.advice import Advice, advice_on
from provisioner.report.words import day, plural, switched_off, time


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one notice for a tenant. ``tone``: good, calm, warn, stop."""

    subject: str
    heading: str
    tone: str
    what: tuple[str, ...]
    cause: str = ""
    steps: tuple[str, ...] = ()
    ends: str = ""
    answer: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a letter is written from."""

    notice: Notice
    manifest: Manifest
    standing: Standing

    @property
    def domain(self) -> str:
        return self.manifest.domain

    @property
    def advice(self) -> Advice:
        return advice_on(self.notice.evidence, self.notice.kind)

    @property
    def off(self) -> bool:
        """Whether AWS has been read back and shows sending as off, for this decision or a later one."""
        return not self.standing.state.may_send and switched_off(self.standing.enforcement, self.notice.at)

    @property
    def since_changed(self) -> tuple[str, ...]:
        """A sentence for a notice that is sent late: things have moved on."""
        said = {"suspended": State.SUSPENDED, "terminated": State.TERMINATED, "warned": State.WARNED}
        state = said.get(self.notice.kind)
        if state in (None, self.standing.state):
            return ()
        return (f"This has changed since: the standing of {self.domain} is now “{self.standing.state}”.",)

    @property
    def person(self) -> tuple[str, ...]:
        """Who decided, if a person did."""
        if not self.notice.by:
            return ()
        reason = f" Reason given: “{self.notice.reason}”." if self.notice.reason else ""
        return (f"{self.notice.by} decided this.{reason}",)

    @property
    def because(self) -> str:
        """The reason in a few words."""
        return "a decision of the operator" if self.notice.by else self.advice.name


def warned(case: Case) -> Letter:
    return Letter(
        subject=f"Warning: please look at the mail of {case.domain}",
        heading="A warning about your site's mail",
        tone="warn",
        what=(
            (
                f"Mail from {case.domain} has reached a limit that protects everybody who sends through the same "
                f"account: {case.because}. Your site still sends as before; nothing has been switched off."
            ),
            *case.person,
            *case.since_changed,
        ),
        cause=case.advice.cause,
        steps=case.advice.steps,
        ends="The warning ends by itself once the numbers are below the limits again. If they go on rising, "
        "sending is switched off.",
        answer="You need not answer. If you cannot find the cause, reply to this mail and we look at it together.",
    )


def suspended(case: Case) -> Letter:
    if case.off:
        subject, now = "Suspended: {} cannot send mail", "Sending from {} has been switched off. "
        heading = "Your site's mail is suspended"
    else:
        subject, now = "Sending from {} is being switched off", "Sending from {} is being switched off. "
        heading = "Your site's mail is being switched off"
    return Letter(
        subject=subject.format(case.domain),
        heading=heading,
        tone="stop",
        what=(
            now.format(case.domain) + f"The reason: {case.because}.",
            (
                "Your site stays online. Forms, shops and password resets on it show an error instead of sending mail, "
                "and those mails are not sent later. Mail that others send to you is not touched."
            ),
            *case.person,
            *case.since_changed,
        ),
        cause=case.advice.cause,
        steps=case.advice.steps,
        ends="A suspension does not end by itself. A person lifts it once you have explained what happened "
        "and what you have changed.",
        answer="Reply to this mail: what happened, where the addresses or the file came from, what you have changed.",
    )


def terminated(case: Case) -> Letter:
    now = "has been switched off for good" if case.off else "is being switched off for good"
    return Letter(
        subject=f"Terminated: mail from {case.domain} {now}",
        heading="Your site's mail has ended" if case.off else "Your site's mail is ending",
        tone="stop",
        what=(
            f"Sending from {case.domain} {now}. The reason: {case.because}.",
            "Nothing is deleted yet. Your site and the mail that others send to you are not touched.",
            *case.person,
            *case.since_changed,
        ),
        cause=case.advice.cause,
        ends="This does not end by itself. Only the operator can undo it, with a reason that is kept.",
        answer="If you think that this is wrong, reply to this mail soon, before anything is deleted.",
    )


def reinstated(case: Case) -> Letter:
    return Letter(
        subject=f"Reinstated: {case.domain} may send mail again",
        heading="Your site may send mail again",
        tone="good",
        what=(
            (
                f"The suspension of {case.domain} was lifted on {time(case.notice.at)}. Amazon needs a few minutes "
                "until the first mail goes through."
            ),
            *case.person,
            (
                "What happened before counts no longer, but stays on record: a second suspension for the same reason "
                "can end your mail for good."
            ),
        ),
        steps=(
            "Send one test mail: Tools, Innkeeper mail in WordPress.",
            "Send again what your visitors missed while mail was off, such as order confirmations.",
        ),
        answer="You need not answer. If mail still fails in an hour, reply to this mail.",
    )


def blocked(case: Case) -> Letter:
    count = plural(len(case.notice.recipients), "address", "addresses")
    return Letter(
        subject=f"{case.domain}: {count} blocked",
        heading=f"{count} can no longer be reached",
        tone="calm",
        what=(
            f"{case.domain} can no longer e-mail the people listed below. Your site sends to everybody else as before.",
            (
                "Mail to them is dropped or refused, and your site need not show an error. A mail to several people "
                "that names one of them can be refused for all of them. So please update your contacts."
            ),
            *case.person,
        ),
        steps=(
            "Remove or correct these addresses in your users, orders and lists.",
            "If you know that an address works, reply to this mail and name it: the block can be lifted.",
        ),
        ends="Each line says until when. Blocks without a date stay until somebody lifts them.",
        answer="You need not answer, unless an address is right after all.",
    )


def unblocked(case: Case) -> Letter:
    count = plural(len(case.notice.recipients), "address", "addresses")
    return Letter(
        subject=f"{case.domain}: {count} unblocked",
        heading=f"{count} can be reached again",
        tone="good",
        what=(f"{case.domain} may e-mail the people listed below again.", *case.person),
        ends="If mail to them fails again, they are blocked again.",
        answer="You need not answer.",
    )


def proposed(case: Case) -> str:
    """What is proposed, in words; the notice and the proposal share their evidence."""
    found = [item for item in case.standing.proposals if item.evidence in case.notice.evidence]
    words = {"terminate": "to end its mail for good", "block": "to block an address again"}
    return " and ".join(dict.fromkeys(words.get(item.action, item.action) for item in found)) or "a decision"


def proposal(case: Case) -> Letter:
    action = proposed(case)
    return Letter(
        subject=f"Decision needed about {case.domain}: {action}",
        heading="A decision is waiting for you",
        tone="warn",
        what=(
            f"The rules propose for {case.domain}: {action}. They never do this alone, because it is hard to undo.",
            "Nothing happens until you confirm; nothing happens if you do not.",
        ),
        cause=case.advice.cause,
        ends="The proposal stays open until you confirm or dismiss it.",
    )


def cleared(case: Case) -> Letter:
    return Letter(
        subject=f"{case.domain}: the warning is over",
        heading="The warning is over",
        tone="good",
        what=(f"The numbers of {case.domain} are below the limits again. Thank you.", *case.person),
        answer="You need not answer.",
    )


def advised(case: Case) -> Letter:
    """Advice without a strike, and every kind of notice that this version does not know."""
    return Letter(
        subject=f"{case.domain}: {case.advice.name}",
        heading="Something to look at",
        tone="calm",
        what=(
            (
                f"We noticed something about the mail of {case.domain}: {case.advice.name}. "
                "It does not count against you, and nothing has been blocked."
            ),
            *case.person,
        ),
        cause=case.advice.cause,
        steps=case.advice.steps,
        ends="This is advice only. You hear of it again if it goes on.",
        answer="You need not answer. If something is unclear, reply to this mail.",
    )


_LETTERS: dict[str, Callable[[Case], Letter]] = {
    "warned": warned,
    "suspended": suspended,
    "terminated": terminated,
    "reinstated": reinstated,
    "blocked": blocked,
    "unblocked": unblocked,
    "proposal": proposal,
    "good": cleared,
    "cleared": cleared,
}


def letter_for(case: Case) -> Letter:
    """The letter of the notice's kind."""
    return _LETTERS.get(case.notice.kind, advised)(case)


REASONS = {
    "hard": "the address does not exist",
    "soft": "mail could not be delivered several times",
    "complaint": "this person complained",
    "manual": "blocked by the operator",
}


def address_row(case: Case, recipient: str) -> tuple[str, str, str]:
    """Address, why it was blocked, until when, for one line of the list."""
    block = case.standing.blocks.get(recipient)
    if block is None:
        return recipient, "", ""
    until = f"until {day(block.until)}" if block.until else "until lifted"
    return recipient, REASONS.get(block.reason, block.reason), until
