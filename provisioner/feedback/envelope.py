"""Opens what an event comes wrapped in: the SNS envelope, raw delivery, Lambda's ``Records[]``, or several of them."""

from collections.abc import Iterator

import msgspec

from provisioner.feedback import wire

DEEPEST = 4  # wrappers around one event
LARGEST = 1_048_576  # bytes: the most that SQS carries

VALIDATED = "Successfully validated SNS topic"
SUBSCRIBED = "AmazonSnsSubscriptionSucceeded"
_CONTROL = {
    "SubscriptionConfirmation": "subscription-confirmation",
    "UnsubscribeConfirmation": "unsubscribe-confirmation",
}


class Letter(msgspec.Struct):
    """One thing found in a message: an event, a control message, or what cannot be read.

    ``topics`` are the TopicArns of all envelopes around it; an envelope without one adds an empty string.
    """

    topics: tuple[str, ...] = ()
    body: wire.Body | None = None
    damaged: frozenset[str] = frozenset()
    control: str = ""
    problem: str = ""


def open_letters(data: bytes | str, topics: tuple[str, ...] = (), depth: int = 0) -> Iterator[Letter]:
    """Yield everything in ``data``; nothing is fetched, nothing raised."""
    if len(data) > LARGEST:
        yield Letter(topics, problem=f"is larger than {LARGEST} bytes")
    elif depth > DEEPEST:
        yield Letter(topics, problem="is wrapped too often")
    elif _starts_with(data, VALIDATED):
        yield Letter(topics, control="validation")
    else:
        try:
            decoded = wire.decode(data)
        except wire.Unreadable as error:
            yield Letter(topics, problem=str(error) if data.strip() else "is empty")
        else:
            yield from _open(decoded, topics, depth)


def topic_of(body: bytes) -> str | None:
    """Name the topic a message came through, or None where no envelope says so: whose a dead letter is."""
    named = {topic for letter in open_letters(body) for topic in letter.topics}
    return named.pop() or None if len(named) == 1 else None


def _open(decoded: wire.Decoded, topics: tuple[str, ...], depth: int) -> Iterator[Letter]:
    body = decoded.body
    if body.records is not None:
        yield from _open_records(body.records, topics, depth)
    elif body.type is not None or body.topic_arn is not None or "TopicArn" in decoded.damaged:
        yield from _open_sns(body, topics, depth)
    elif body.message is not None:  # JSON text inside JSON text
        yield from open_letters(body.message, topics, depth + 1)
    elif body.notification_type == SUBSCRIBED:
        yield Letter(topics, control="subscribed")
    else:
        yield Letter(topics, body=body, damaged=decoded.damaged)


def _open_records(records: list[wire.LambdaRecord], topics: tuple[str, ...], depth: int) -> Iterator[Letter]:
    if not records:
        yield Letter(topics, problem="holds no records")
    for record in records:
        if record.sns is not None:
            yield from _open_sns(record.sns, topics, depth)
        elif record.body is not None:
            yield from open_letters(record.body, topics, depth + 1)
        else:
            yield Letter(topics, problem="holds a record that is neither SNS nor SQS")


def _open_sns(sns: wire.Sns | wire.Body, topics: tuple[str, ...], depth: int) -> Iterator[Letter]:
    topics = (*topics, sns.topic_arn or "")
    if sns.type in _CONTROL:
        yield Letter(topics, control=_CONTROL[sns.type])
    elif sns.type not in ("Notification", None):
        yield Letter(topics, problem="is an SNS message of an unknown type")
    elif sns.message is None:
        yield Letter(topics, problem="is an SNS envelope without a message")
    else:
        yield from open_letters(sns.message, topics, depth + 1)


def _starts_with(data: bytes | str, text: str) -> bool:
    return data.startswith(text) if isinstance(data, str) else data.startswith(text.encode())
