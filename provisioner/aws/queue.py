"""A tenant's feedback queue, or the dead-letter queue, in SQS."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.ports import Message

BATCH = 10  # SQS's limit for one receive and one delete
_DELETE_TRIES = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqsQueue:
    """A FeedbackQueue. ``wait_seconds`` is SQS's long poll (20 at most): short polls miss messages that wait."""

    def __init__(self, clients: Clients, url: str, *, wait_seconds: int) -> None:
        self._clients = clients
        self._url = url
        self._wait = wait_seconds

    @property
    def _sqs(self) -> Any:
        return self._clients["sqs"]

    def receive(self) -> list[Message]:
        """Up to ten messages."""
        answer = call(
            self._sqs.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=self._wait,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [_message(item) for item in answer.get("Messages", ())]

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete by tens. SQS answers 200 even when single entries failed: those are tried again, then returned."""
        left: list[Message] = []
        for start in range(0, len(messages), BATCH):
            batch = list(messages[start : start + BATCH])
            for _ in range(_DELETE_TRIES):
                batch = self._delete_batch(batch)
                if not batch:
                    break
            left += batch
        return left

    def _delete_batch(self, batch: Sequence[Message]) -> list[Message]:
        # Entries are named by position: one message received twice would be a repeated id, which SQS refuses.
        entries = [{"Id": str(n), "ReceiptHandle": message.receipt} for n, message in enumerate(batch)]
        answer = call(self._sqs.delete_message_batch, QueueUrl=self._url, Entries=entries)
        return [batch[int(entry["Id"])] for entry in answer.get("Failed", ())]

    def depth(self) -> int:
        """Approximate number of waiting messages."""
        name = "ApproximateNumberOfMessages"
        answer = call(self._sqs.get_queue_attributes, QueueUrl=self._url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def _message(item: dict[str, Any]) -> Message:
    sent = int(item.get("Attributes", {}).get("SentTimestamp", 0))
    # A lone surrogate is legal JSON on the wire and not UTF-8: it must reach the quarantine, not crash here.
    body = str(item["Body"]).encode("utf-8", "surrogatepass")
    return Message(
        id=str(item["MessageId"]),
        receipt=str(item["ReceiptHandle"]),
        body=body,
        sent=_EPOCH + timedelta(milliseconds=sent),
    )
