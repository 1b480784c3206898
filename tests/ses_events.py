"""Events about a tenant as SES publishes them, for the fakes and the embedded AWS alike."""

from datetime import UTC, datetime

import msgspec

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def envelope(tenant, event):
    return msgspec.json.encode(
        {"Type": "Notification", "TopicArn": tenant.topic_arn, "Message": msgspec.json.encode(event).decode()}
    )


def mail_object(tenant, recipient, identity, at=NOW):
    return {
        "timestamp": stamp(at),
        "messageId": f"message-{identity}",
        "source": tenant.from_address,
        "sendingAccountId": tenant.account,
        "destination": [recipient],
        "tags": {"ses:configuration-set": [tenant.configuration_set], "ses:from-domain": [tenant.domain]},
    }


def bounce(tenant, recipient, at=NOW, *, identity=None, kind="Permanent", status="5.1.1"):
    name = identity or recipient
    return {
        "eventType": "Bounce",
        "mail": mail_object(tenant, recipient, name, at),
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": recipient, "action": "failed", "status": status}],
            "timestamp": stamp(at),
            "feedbackId": f"feedback-{name}",
        },
    }


def reject(tenant, recipient, at=NOW, *, identity=None):
    return {
        "eventType": "Reject",
        "mail": mail_object(tenant, recipient, identity or recipient, at),
        "reject": {"reason": "Bad content"},
    }


def delivery(tenant, recipient, at=NOW, *, identity=None):
    return {
        "eventType": "Delivery",
        "mail": mail_object(tenant, recipient, identity or recipient, at),
        "delivery": {"recipients": [recipient], "timestamp": stamp(at), "smtpResponse": "250 ok"},
    }


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
