"""Which kind of event it is, by the table."""

import pytest

from provisioner.feedback.classify import BOUNCES, bounce_kind, complaint_kind, read_status, reject_kind
from provisioner.model.event import Kind

JANE, RELAY = "jane@customer.example", "x@privaterelay.appleid.com"
CASES = [
    ("Permanent", "General", "failed", "5.1.1", JANE, Kind.HARD),
    ("Permanent", "NoEmail", None, "", JANE, Kind.HARD),
    ("Permanent", "Suppressed", "failed", "5.1.1", JANE, Kind.HARD),
    ("Permanent", "General", "failed", "4.2.2", JANE, Kind.HARD),  # SES's own verdict wins over the status
    ("Permanent", "General", "delayed", "4.4.7", JANE, Kind.DELAY),
    ("Permanent", "General", "relayed", "2.0.0", JANE, Kind.UNKNOWN),
    ("Permanent", "General", "Failed (unknown user)", "5.1.1", JANE, Kind.HARD),
    ("Permanent", "General", "failed", "5.7.1", JANE, Kind.POLICY),  # C6
    ("Permanent", "General", "failed", "5.7.26", RELAY, Kind.POLICY),
    ("Permanent", "General", "failed", "5.1.1", RELAY, Kind.RELAY),  # C7
    ("Permanent", "General", "failed", "5.1.1", "x@privaterelay.appleid.com.evil.example", Kind.HARD),
    ("Permanent", "OnAccountSuppressionList", "failed", "5.7.1", JANE, Kind.ECHO),  # C4
    ("Permanent", "OnTenantSuppressionList", "failed", "5.1.1", RELAY, Kind.ECHO),
    ("Permanent", "EmailValidationSuppressed", None, "", JANE, Kind.ECHO),
    ("Permanent", "UnsubscribedRecipient", "failed", "5.1.1", JANE, Kind.UNKNOWN),  # B7
    ("Permanent", None, "failed", "5.1.1", JANE, Kind.UNDETERMINED),
    ("Transient", "General", "failed", "4.2.2", JANE, Kind.SOFT),
    ("Transient", "MailboxFull", "failed", "", JANE, Kind.SOFT),
    ("Transient", "CustomTimeoutExceeded", None, "4.4.7", JANE, Kind.SOFT),
    ("Transient", "General", "failed", "5.1.1", JANE, Kind.SOFT),
    ("Transient", "General", "failed", "5.7.1", JANE, Kind.SOFT),
    ("Transient", "General", "delayed", "4.4.7", JANE, Kind.SOFT),
    ("Transient", "General", "delayed", "", JANE, Kind.DELAY),
    ("Transient", "General", None, "", JANE, Kind.AUTO_REPLY),  # C1
    ("Transient", "General", None, "2.0.0", JANE, Kind.AUTO_REPLY),
    ("Transient", "MailboxFull", None, "", JANE, Kind.AUTO_REPLY),
    ("Transient", "General", "failed", "5.4.4", JANE, Kind.HARD),
    ("Transient", "General", "failed", "5.4.4", RELAY, Kind.RELAY),
    ("Transient", "MessageTooLarge", "failed", "5.3.4", JANE, Kind.CONTENT),
    ("Transient", "ContentRejected", "failed", "5.4.4", JANE, Kind.CONTENT),
    ("Transient", "AttachmentRejected", None, "", JANE, Kind.CONTENT),
    ("Transient", "SomethingNew", "failed", "4.2.2", JANE, Kind.UNKNOWN),
    ("Undetermined", "Undetermined", None, "", JANE, Kind.UNDETERMINED),
    ("Undetermined", "General", "failed", "5.1.1", JANE, Kind.UNDETERMINED),
    ("Transcendent", "General", "failed", "5.1.1", JANE, Kind.UNKNOWN),
    (None, "General", "failed", "5.1.1", JANE, Kind.UNDETERMINED),
]


@pytest.mark.parametrize(("type_", "subtype", "action", "status", "address", "kind"), CASES)
def test_bounce(type_, subtype, action, status, address, kind):
    assert bounce_kind(type_, subtype, action, status, address) is kind


def test_every_line_of_the_table_is_reached_and_tested():
    """No line is dead, and the cases above touch each kind the table can give."""
    assert {row.kind for row in BOUNCES} == {kind for *_, kind in CASES}
    for number, row in enumerate(BOUNCES):
        key = tuple(
            value if value != "*" else "anything"
            for value in (row.bounce_type, row.subtype, row.action, row.status, row.place)
        )
        assert next(i for i, other in enumerate(BOUNCES) if other.fits(key)) == number


@pytest.mark.parametrize(
    ("text", "status"),
    [("5.1.1", "5.1.1"), (" 4.4.7 ", "4.4.7"), ("5.7.26 (policy)", "5.7.26"), ("", ""), (None, ""), ("550", ""),
     ("5.1", ""), ("3.1.1", ""), ("5.1.1111", ""), ("x5.1.1", ""), ("\u0665.1.1", "")],
)  # fmt: skip
def test_status(text, status):
    assert read_status(text) == status


@pytest.mark.parametrize(
    ("subtype", "feedback", "candidates", "kind"),
    [
        (None, "abuse", 1, Kind.COMPLAINT),
        (None, None, 1, Kind.COMPLAINT),
        (None, "fraud", 1, Kind.COMPLAINT),
        (None, "something-new", 1, Kind.COMPLAINT),
        (None, "abuse", 2, Kind.AMBIGUOUS_COMPLAINT),  # C2
        (None, "not-spam", 1, Kind.IGNORED_COMPLAINT),  # C3
        (None, "auth-failure", 5, Kind.IGNORED_COMPLAINT),
        (None, " Not-Spam ", 1, Kind.IGNORED_COMPLAINT),
        ("OnAccountSuppressionList", "abuse", 1, Kind.IGNORED_COMPLAINT),
        ("OnTenantSuppressionList", None, 3, Kind.IGNORED_COMPLAINT),
        ("SomethingNew", "abuse", 1, Kind.UNKNOWN),
    ],
)
def test_complaint(subtype, feedback, candidates, kind):
    assert complaint_kind(subtype, feedback, candidates) is kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("Bad content", Kind.VIRUS), ("bad content ", Kind.VIRUS), ("Bad mood", Kind.REJECT), (None, Kind.REJECT)],
)
def test_reject(reason, kind):
    assert reject_kind(reason) is kind
