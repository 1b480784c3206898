"""Reaches the operator through SNS: works when SES has stopped the account, too."""

import re

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call

_SUBJECT = 100  # characters; SNS refuses longer subjects, and anything but printable ASCII
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


class SnsOperator:
    """An Operator over the platform's operator topic."""

    def __init__(self, clients: Clients, topic_arn: str) -> None:
        self._clients = clients
        self._topic = topic_arn

    def tell(self, subject: str, text: str) -> None:
        """Publish to whoever subscribed to the topic."""
        line = _UNPRINTABLE.sub(" ", subject).strip()[:_SUBJECT] or "Innkeeper"
        call(self._clients["sns"].publish, TopicArn=self._topic, Subject=line, Message=text[:100_000] or line)
