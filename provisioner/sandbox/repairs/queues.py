"""SQS: the redrive policy as it was written, and no count of the whole queue for every message.

Replaces in moto: ``Queue.attributes`` (it re-formats the redrive policy, which Terraform then wants to write again),
``Queue._setup_dlq`` (remembers the text), and two methods that scan the whole queue for each message sent.
"""

import threading
from typing import Any

from moto.core.utils import unix_time
from moto.sqs.models import Queue, SQSBackend

_WRITTEN = "innkeeper_redrive_text"
_local = threading.local()


def install() -> None:
    """Install the repair."""
    original_attributes, original_setup = Queue.attributes.fget, Queue._setup_dlq  # noqa: SLF001
    original_send = SQSBackend.send_message

    def attributes(self: Any) -> dict[str, Any]:
        # send_message only asks for ContentBasedDeduplication, which a standard queue has not.
        if getattr(_local, "sending", False) and not self.fifo_queue:
            return {}
        result: dict[str, Any] = original_attributes(self)
        if "RedrivePolicy" in result and getattr(self, _WRITTEN, None):
            result["RedrivePolicy"] = getattr(self, _WRITTEN)
        return result

    def setup(self: Any, policy: Any) -> None:
        original_setup(self, policy)
        setattr(self, _WRITTEN, policy if isinstance(policy, str) else None)

    def send_message(self: Any, *args: Any, **kwargs: Any) -> Any:
        _local.sending = True
        try:
            return original_send(self, *args, **kwargs)
        finally:
            _local.sending = False

    Queue.attributes = property(attributes)
    Queue._setup_dlq = setup  # noqa: SLF001
    SQSBackend.send_message = send_message
    SQSBackend.is_message_valid_based_on_retention_period = _still_kept


def _still_kept(self: Any, queue_name: str, message: Any) -> bool:
    queue = self.get_queue(queue_name)
    return bool(queue.message_retention_period + message.sent_timestamp / 1000 > unix_time())
