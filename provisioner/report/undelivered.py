"""What is said of an address that notices come back from: why, and what the operator changes where."""

from provisioner.feedback.undelivered import Undelivered
from provisioner.model.event import Kind
from provisioner.report.words import day, plural

_COMPLAINED = "they were reported as spam"
_UNSENT = "Amazon SES refused to send them"
_WHY = {
    Kind.HARD: "the address does not exist",
    Kind.SOFT: "the mailbox took none for many hours",
    Kind.CONTENT: "the receiving server refuses mail like this",
    Kind.POLICY: "the receiving server refuses mail from this sender",
    Kind.RELAY: "Apple's relay does not know the sender",
    Kind.ECHO: "Amazon SES tries it no more: it is on the account's suppression list",
    Kind.UNDETERMINED: "the receiving server gave no reason that Amazon SES understands",
    Kind.COMPLAINT: _COMPLAINED,
    Kind.AMBIGUOUS_COMPLAINT: _COMPLAINED,
    Kind.VIRUS: _UNSENT,
    Kind.REJECT: _UNSENT,
}
_SHOWN = 5  # tenants in one sentence


def sentence(one: Undelivered) -> str:
    """Why notices come back, since when, and the cure."""
    why = _WHY.get(one.kind, "for a reason that is new to this program")
    said = f" ({one.reason})" if one.reason else ""
    often = f"last on {day(one.last)}, on {plural(len(one.days), 'day', 'days')} in all"
    if not one.address:
        return f"A notice came back and Amazon SES did not say from whom: {why}{said}; {often}."
    return f"Notices to {one.address} come back: {why}{said}; {often}. {_cure(one)}"


def _cure(one: Undelivered) -> str:
    cures = []
    if one.tenants:
        files = ", ".join(f"tenants/{tenant}.yaml" for tenant in one.tenants[:_SHOWN])
        more = f" and {len(one.tenants) - _SHOWN} more" if len(one.tenants) > _SHOWN else ""
        cures.append(f"Correct `contacts` in {files}{more}, then innkeeper apply.")
    if one.operator:
        cures.append("It is the operator's own: correct `operator` in platform.yaml, then innkeeper apply.")
    return " ".join(cures) or "No manifest names it."
