"""SQS: the redrive policy as it was written, no count of the whole queue for every message, one thread at a time.

Replaces in moto: ``Queue.attributes`` (it re-formats the redrive policy, which Terraform then wants to write again),
``Queue._setup_dlq`` (remembers the text), and two methods that scan the whole queue for each message sent.
Puts a queue's own lock, which moto holds only to add a message, around all that changes the queue: without it two
readers get one message, a reader dies of "Set changed size during iteration" while another takes or deletes, and a
message added during a delete is lost.
"""

import functools
import threading
from collections.abc import Callable
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
    for method in ("receive_message", "delete_message", "change_message_visibility", "purge_queue"):
        setattr(SQSBackend, method, _alone(getattr(SQSBackend, method)))


def _alone(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def alone(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:
        # A condition around a reentrant lock: a long poll lets go of it while it waits.
        with self.get_queue(queue_name)._messages_lock:  # noqa: SLF001
            return original(self, queue_name, *args, **kwargs)

    return alone


def _still_kept(self: Any, queue_name: str, message: Any) -> bool:
    queue = self.get_queue(queue_name)
    return bool(queue.message_retention_period + message.sent_timestamp / 1000 > unix_time())
