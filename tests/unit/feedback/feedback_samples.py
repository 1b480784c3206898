"""The tenant of the recorded events, and what its events come wrapped in."""

import copy
import json
from pathlib import Path

from provisioner.feedback.parse import Source
from provisioner.feedback.stamps import to_millis

EVENTS = Path(__file__).parents[2] / "data" / "events"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:innkeeper-bakery-feedback"
BAKERY = Source("bakery", "innkeeper-bakery", TOPIC, "111122223333", "bakery.example")
ARRIVED = to_millis("2026-11-17T09:16:00.000Z")


def recorded(name):
    """The event of a recorded file, to be changed at will."""
    return json.loads((EVENTS / f"{name}.json").read_text())["event"]


def in_envelope(event, **changed):
    """An SNS notification; ``event`` is text or JSON data. A value of None leaves the field out."""
    envelope = {
        "Type": "Notification",
        "MessageId": "5f2c1d6e-8a40-5b7f-9d13-0c2e4f6a8b1d",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": event if isinstance(event, str) else json.dumps(event) + "\n",
        "Timestamp": "2026-11-17T09:15:59.000Z",
        "SignatureVersion": "1",
        "Signature": "bm90IGEgcmVhbCBzaWduYXR1cmU=",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    } | changed
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()


def in_lambda(*, sns=None, body=None):
    """One record as Lambda receives it from SNS or from SQS."""
    record = {"EventSource": "aws:sns", "Sns": sns} if sns else {"eventSource": "aws:sqs", "body": body}
    return json.dumps({"Records": [record]}).encode()


def changed(event, path, value):
    """A copy with the value at ``path`` replaced, or dropped where ``value`` is DROP."""
    copied = copy.deepcopy(event)
    *parents, last = path
    place = copied
    for step in parents:
        place = place[step]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return copied


def paths(value, prefix=()):
    """The path of everything inside ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield (*prefix, step)
        yield from paths(inner, (*prefix, step))


DROP = object()
