"""Events have exactly the fields that SES documents, whatever the mail holds."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.sandbox.payloads import (
    Bounce,
    Complaint,
    Delivery,
    DeliveryDelay,
    Recipient,
    Reject,
    Send,
    event,
    notification,
    stamp,
)
from provisioner.sandbox.state import AcceptedMessage

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RAW = (
    b"X-SES-CONFIGURATION-SET: inn-bakery\r\n"
    b"From: =?utf-8?q?B=C3=A4ckerei?= <shop@news.bakery.example>\r\n"
    b"To: Ann <ann@example.net>,\r\n bob@example.net\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <own@bakery.example>\r\n"
    b"\r\nbody: not a header\r\n"
)


def message(raw=RAW, **changes):
    values = {
        "message_id": "0102-m",
        "accepted_at": NOW,
        "source": "bounce@bakery.example",
        "destinations": ("ann@example.net", "bob@example.net"),
        "raw": raw,
        "identity_arn": "arn:aws:ses:eu-west-1:123456789012:identity/bakery.example",
        "configuration_set": "inn-bakery",
        "caller": "inn-bakery-smtp",
        "source_ip": "192.0.2.10",
        "operation": "SendSmtpEmail",
        "tls_version": "TLSv1.3",
    }
    return AcceptedMessage(**(values | changes))


def published(outcome, **changes):
    return event(message(**changes), outcome, account="123456789012", now=NOW, feedback_id="0102-f")


OUTCOMES = {
    "send": (Send(), {}),
    "delivery": (
        Delivery(recipients=("ann@example.net",)),
        {
            "timestamp": "2026-01-02T03:04:05.678Z",
            "processingTimeMillis": 546,
            "recipients": ["ann@example.net"],
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "a1-23.smtp-out.amazonses.com",
        },
    ),
    "bounce": (
        Bounce(recipients=(Recipient("ann@example.net", "failed", "5.1.1", "smtp; 550"),), reporting_mta="dsn; a"),
        {
            "feedbackId": "0102-f",
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "ann@example.net",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550",
                }
            ],
            "timestamp": "2026-01-02T03:04:05.678Z",
            "reportingMTA": "dsn; a",
        },
    ),
    "complaint": (
        Complaint(recipients=("ann@example.net", "bob@example.net"), user_agent="Yahoo!-Mail-Feedback/2.0"),
        {
            "feedbackId": "0102-f",
            "complaintSubType": None,
            "complainedRecipients": [{"emailAddress": "ann@example.net"}, {"emailAddress": "bob@example.net"}],
            "timestamp": "2026-01-02T03:04:05.678Z",
            "userAgent": "Yahoo!-Mail-Feedback/2.0",
            "arrivalDate": "2026-01-02T03:04:05.678Z",
            "complaintFeedbackType": "abuse",
        },
    ),
    "reject": (Reject(), {"reason": "Bad content"}),
    "deliveryDelay": (
        DeliveryDelay(recipients=(Recipient("ann@example.net", None, "4.4.1", "smtp; 421"),), expires=NOW),
        {
            "timestamp": "2026-01-02T03:04:05.678Z",
            "delayType": "TransientCommunicationFailure",
            "expirationTime": "2026-01-02T03:04:05.678Z",
            "delayedRecipients": [
                {"emailAddress": "ann@example.net", "status": "4.4.1", "diagnosticCode": "smtp; 421"}
            ],
        },
    ),
}


@pytest.mark.parametrize("block", OUTCOMES)
def test_the_block_of_each_type(block):
    outcome, expected = OUTCOMES[block]
    built = published(outcome)
    assert set(built) == {"eventType", "mail", block}
    assert built["eventType"] == block[0].upper() + block[1:]
    assert built[block] == expected


def test_a_complaint_without_a_report_has_no_type_and_no_agent():
    block = published(Complaint(recipients=("a@b",), feedback_type=None))["complaint"]
    assert not {"complaintFeedbackType", "userAgent", "arrivalDate"} & set(block)


def test_the_mail_object():
    mail = published(Delivery(recipients=("ann@example.net",)))["mail"]
    headers = mail.pop("headers")
    assert [header["name"] for header in headers] == ["X-SES-CONFIGURATION-SET", "From", "To", "Subject", "Message-ID"]
    assert headers[2]["value"] == "Ann <ann@example.net>, bob@example.net"
    assert mail == {
        "timestamp": "2026-01-02T03:04:05.678Z",
        "source": "bounce@bakery.example",
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/bakery.example",
        "sendingAccountId": "123456789012",
        "messageId": "0102-m",
        "destination": ["ann@example.net", "bob@example.net"],
        "headersTruncated": False,
        "commonHeaders": {
            "from": ["Bäckerei <shop@news.bakery.example>"],
            "to": ["Ann <ann@example.net>", "bob@example.net"],
            "subject": "Grüße",
            "messageId": "0102-m",
        },
        "tags": {
            "ses:operation": ["SendSmtpEmail"],
            "ses:configuration-set": ["inn-bakery"],
            "ses:source-ip": ["192.0.2.10"],
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:from-domain": ["news.bakery.example"],
            "ses:caller-identity": ["inn-bakery-smtp"],
            "ses:outgoing-ip": ["192.0.2.99"],
        },
    }


@pytest.mark.parametrize(
    ("outcome", "named"),
    [
        (Bounce(recipients=(Recipient("a@b"),)), True),
        (Complaint(recipients=("a@b",)), True),
        (Delivery(recipients=("a@b",)), False),
        (Send(), False),
        (Reject(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_tenant_is_named_on_bounces_and_complaints_only(outcome, named):
    tags = published(outcome, tenant="inn-bakery")["mail"]["tags"]
    assert tags.get("ses:tenant-name") == (["inn-bakery"] if named else None)


def test_headers_are_cut_at_ten_kilobytes():
    raw = b"From: a@b\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 900) for n in range(20)) + b"\r\n"
    mail = published(Send(), raw=raw)["mail"]
    assert mail["headersTruncated"] is True
    assert 9 < len(mail["headers"]) < 13


def test_the_form_of_identity_notifications():
    outcome = Bounce(recipients=(Recipient("ann@example.net"),))
    built = notification(message(), outcome, account="123456789012", now=NOW, feedback_id="f")
    assert set(built) == {"notificationType", "mail", "bounce"}
    assert set(built["mail"]) == {
        "timestamp", "source", "sourceArn", "sendingAccountId", "messageId", "destination", "sourceIp",
        "callerIdentity",
    }  # fmt: skip
    assert built["bounce"]["remoteMtaIp"]
    full = notification(message(), outcome, account="1", now=NOW, feedback_id="f", with_headers=True)["mail"]
    assert full["commonHeaders"]["messageId"] == "<own@bakery.example>"
    assert full["headers"]
    assert "tags" not in full


@given(st.binary(max_size=300))
def test_any_bytes_give_an_event_that_is_json(raw):
    built = published(Delivery(recipients=("a@b",)), raw=raw)
    assert json.loads(json.dumps(built, ensure_ascii=False).encode()) == built


def test_times_are_cut_not_rounded():
    assert stamp(datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)) == "2026-01-01T00:00:00.999Z"
