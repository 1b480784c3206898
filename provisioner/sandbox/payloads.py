"""Events in the JSON that SES publishes, built from a mail and what became of it.

Pure: ids and times come in as arguments. Forms after the SES developer guide, "Contents of event data that Amazon SES
publishes to Amazon SNS"; the older identity notifications after "Amazon SNS notification contents".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.sandbox.payload_mail import OUTGOING_IP, mail_object, original_message_id, stamp
from provisioner.sandbox.state import AcceptedMessage

SUBJECT = "Amazon SES Email Event Notification"
VALIDATION_SENTENCE = "Successfully validated SNS topic for Amazon SES event publishing."

EVENT_TYPES: Mapping[str, str] = {
    "Send": "SEND",
    "Reject": "REJECT",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Delivery": "DELIVERY",
    "Open": "OPEN",
    "Click": "CLICK",
    "Rendering Failure": "RENDERING_FAILURE",
    "DeliveryDelay": "DELIVERY_DELAY",
    "Subscription": "SUBSCRIPTION",
}
"""``eventType`` in the JSON → the API's name of it."""


@dataclass(frozen=True)
class Recipient:
    """One recipient of a bounce or delay; what a report did not say stays out of the JSON."""

    address: str
    action: str | None = None
    status: str | None = None
    diagnostic: str | None = None

    def as_json(self) -> dict[str, str]:
        """Write the recipient with the fields that are known."""
        fields = {"action": self.action, "status": self.status, "diagnosticCode": self.diagnostic}
        return {"emailAddress": self.address} | {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """A bounce of one or more recipients."""

    recipients: tuple[Recipient, ...]
    type: str = "Permanent"
    subtype: str = "General"
    reporting_mta: str | None = None


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A complaint; with several recipients any of them may have made it."""

    recipients: tuple[str, ...]
    feedback_type: str | None = "abuse"
    user_agent: str | None = None
    subtype: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Accepted by the receiving server."""

    recipients: tuple[str, ...]
    smtp_response: str = "250 2.6.0 Message received"
    processing_ms: int = 546


@dataclass(frozen=True, kw_only=True)
class Reject:
    """SES found a virus and sent the message to nobody."""

    reason: str = "Bad content"


@dataclass(frozen=True, kw_only=True)
class DeliveryDelay:
    """SES still tries."""

    recipients: tuple[Recipient, ...]
    expires: datetime
    delay_type: str = "TransientCommunicationFailure"
    reporting_mta: str | None = None


@dataclass(frozen=True, kw_only=True)
class Send:
    """SES took the message and will try to deliver it."""


Outcome = Send | Delivery | Bounce | Complaint | Reject | DeliveryDelay


def event(
    message: AcceptedMessage, outcome: Outcome, *, account: str, now: datetime, feedback_id: str
) -> dict[str, Any]:
    """Build the event of event publishing. ``feedback_id`` is used by bounces and complaints only."""
    kind, block, detail = _detail(outcome, now, feedback_id)
    mail = mail_object(message, account, after_delivery=isinstance(outcome, Delivery))
    if message.tenant and isinstance(outcome, Bounce | Complaint):
        mail["tags"]["ses:tenant-name"] = [message.tenant]
    return {"eventType": kind, "mail": mail, block: detail}


def notification(
    message: AcceptedMessage,
    outcome: Bounce | Complaint | Delivery,
    *,
    account: str,
    now: datetime,
    feedback_id: str,
    with_headers: bool = False,
) -> dict[str, Any]:
    """Build the older form, which an identity's notification topic receives: no tags, no headers unless asked for."""
    kind, block, detail = _detail(outcome, now, feedback_id)
    full = mail_object(message, account)
    names = ("timestamp", "source", "sourceArn", "sendingAccountId", "messageId", "destination")
    mail = {name: full[name] for name in names}
    mail |= {"sourceIp": message.source_ip, "callerIdentity": message.caller}
    if with_headers:
        original = original_message_id(message.raw)
        common = full["commonHeaders"] | ({"messageId": original} if original else {})
        mail |= {"headersTruncated": full["headersTruncated"], "headers": full["headers"], "commonHeaders": common}
    if not isinstance(outcome, Complaint):
        detail["remoteMtaIp"] = OUTGOING_IP
    return {"notificationType": kind, "mail": mail, block: detail}


def _detail(outcome: Outcome, now: datetime, feedback_id: str) -> tuple[str, str, dict[str, Any]]:
    match outcome:
        case Send():
            return "Send", "send", {}
        case Reject():
            return "Reject", "reject", {"reason": outcome.reason}
        case Delivery():
            return "Delivery", "delivery", _delivery(outcome, now)
        case Bounce():
            return "Bounce", "bounce", _bounce(outcome, now, feedback_id)
        case Complaint():
            return "Complaint", "complaint", _complaint(outcome, now, feedback_id)
        case DeliveryDelay():
            return "DeliveryDelay", "deliveryDelay", _delay(outcome, now)


def _delivery(outcome: Delivery, now: datetime) -> dict[str, Any]:
    return {
        "timestamp": stamp(now),
        "processingTimeMillis": outcome.processing_ms,
        "recipients": list(outcome.recipients),
        "smtpResponse": outcome.smtp_response,
        "reportingMTA": _own_mta(),
    }


def _bounce(outcome: Bounce, now: datetime, feedback_id: str) -> dict[str, Any]:
    return {
        "feedbackId": feedback_id,
        "bounceType": outcome.type,
        "bounceSubType": outcome.subtype,
        "bouncedRecipients": [recipient.as_json() for recipient in outcome.recipients],
        "timestamp": stamp(now),
        **({"reportingMTA": outcome.reporting_mta} if outcome.reporting_mta else {}),
    }


def _complaint(outcome: Complaint, now: datetime, feedback_id: str) -> dict[str, Any]:
    return {
        "feedbackId": feedback_id,
        "complaintSubType": outcome.subtype,
        "complainedRecipients": [{"emailAddress": address} for address in outcome.recipients],
        "timestamp": stamp(now),
        **({"userAgent": outcome.user_agent, "arrivalDate": stamp(now)} if outcome.user_agent else {}),
        **({"complaintFeedbackType": outcome.feedback_type} if outcome.feedback_type else {}),
    }


def _delay(outcome: DeliveryDelay, now: datetime) -> dict[str, Any]:
    return {
        "timestamp": stamp(now),
        "delayType": outcome.delay_type,
        "expirationTime": stamp(outcome.expires),
        "delayedRecipients": [recipient.as_json() for recipient in outcome.recipients],
        **({"reportingMTA": outcome.reporting_mta} if outcome.reporting_mta else {}),
    }


def _own_mta() -> str:
    return "a1-23.smtp-out.amazonses.com"
