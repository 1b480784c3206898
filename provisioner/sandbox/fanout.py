"""From a service to a topic and on to queues, with the policies that AWS would ask at each step.

moto stores the policies of topics and queues and never applies them; and one subscription whose queue is gone makes
its ``Publish`` fail for all. Here a refusal is silent for the sender, as on AWS, and recorded for tests.
"""

import contextlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.kms.models import kms_backends
from moto.sns.models import Subscription, Topic, sns_backends
from moto.sqs.models import Queue, sqs_backends

from provisioner.sandbox.policy import Decision, PolicyDocument, Principal, evaluate_resource_policy

SES = Principal("Service", "ses.amazonaws.com")
SNS = Principal("Service", "sns.amazonaws.com")
_OWN_KEY = "alias/aws/sns"  # its policy cannot be changed, so SES can never use it
_RECORD = "innkeeper_refused"  # attribute of moto's SNS backend object, so that a reset empties it


@dataclass(frozen=True)
class Refused:
    """A message that got lost on its way: from whom, to what, and why."""

    source: str
    target: str
    reason: str


def refused(account: str, region: str) -> list[Refused]:
    """List what did not arrive; AWS would tell nobody."""
    found: list[Refused] = sns_backends[account][region].__dict__.setdefault(_RECORD, [])
    return found


def publish_as_ses(account: str, source_arn: str, topic_arn: str, message: str, subject: str | None) -> bool:
    """Publish on behalf of SES; ``source_arn`` is the configuration set or identity. False: refused and recorded."""
    region = topic_arn.split(":")[3]
    topic = sns_backends[account][region].topics.get(topic_arn)
    reason = "the topic does not exist" if topic is None else _refusal_by_topic(topic, account, source_arn)
    if topic is None or reason:
        refused(account, region).append(Refused(source_arn, topic_arn, reason))
        return False
    fan_out(topic, message, subject=subject)
    return True


def fan_out(topic: Topic, message: str, **options: Any) -> str:
    """Hand a published message to every subscription of a topic that may have it; its SNS message id."""
    message_id = str(uuid.uuid4())
    subscriptions, _ = topic.sns_backend.list_subscriptions_by_topic(topic_arn=topic.arn)
    for subscription in subscriptions:
        reason = _pass_on(subscription, message, message_id, options)
        if reason:
            log = refused(topic.account_id, topic.sns_backend.region_name)
            log.append(Refused(topic.arn, subscription.endpoint, reason))
            _to_dead_letters(subscription, message, message_id, options)
    kept = (message_id, message, options.get("subject"), options.get("message_attributes"), options.get("group_id"))
    topic.sent_notifications.append(kept)
    return message_id


def install() -> None:
    """Make every ``Publish`` of moto's SNS ask the queues' policies. Harmless to repeat."""
    Topic.publish = fan_out


def _refusal_by_topic(topic: Topic, account: str, source_arn: str) -> str:
    context = {"aws:SourceArn": source_arn, "aws:SourceAccount": account}
    decision = evaluate_resource_policy(json.loads(topic.policy), SES, "sns:Publish", topic.arn, context)
    return (_refusal_by_key(topic, context) if decision.allowed else decision.reason) or ""


def _refusal_by_key(topic: Topic, context: dict[str, str]) -> str | None:
    """Ask the key of an encrypted topic, which must let SES use it."""
    name = topic.kms_master_key_id
    if not name:
        return None
    if name.endswith(_OWN_KEY):
        return f"SES cannot use the key {_OWN_KEY}"
    backend = kms_backends[topic.account_id][topic.sns_backend.region_name]
    key = backend.keys.get(backend.any_id_to_key_id(name))
    if key is None:
        return f"the key {name} does not exist"
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        decision = evaluate_resource_policy(json.loads(key.policy), SES, action, key.arn, context)
        if not decision.allowed:
            return f"{action}: {decision.reason}"
    return None


def _pass_on(subscription: Subscription, message: str, message_id: str, options: dict[str, Any]) -> str:
    """Deliver to one subscription; the reason if that was not possible."""
    if subscription.protocol == "sqs":
        queue = _queue(subscription.endpoint)
        if queue is None:
            return "the queue does not exist"
        decision = _asks_queue(queue, subscription)
        if not decision.allowed:
            return decision.reason
    try:
        subscription.publish(message, message_id, **options)
    except (ServiceException, JsonRESTError) as error:
        return str(error)
    return ""


def _queue(arn: str) -> Queue | None:
    _, _, _, region, account, name = arn.split(":", 5)
    return sqs_backends[account][region].queues.get(name)


def _asks_queue(queue: Queue, subscription: Subscription) -> Decision:
    topic = subscription.topic
    context = {"aws:SourceArn": topic.arn, "aws:SourceAccount": topic.account_id}
    policy: PolicyDocument | None = json.loads(queue.policy) if queue.policy else None
    return evaluate_resource_policy(policy, SNS, "sqs:SendMessage", queue.queue_arn, context)


def _to_dead_letters(subscription: Subscription, message: str, message_id: str, options: dict[str, Any]) -> None:
    """Keep a message in the subscription's own dead-letter queue, if it has one that lets SNS in."""
    redrive = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
    target = redrive.get("deadLetterTargetArn")
    queue = _queue(target) if target else None
    if queue is None or not _asks_queue(queue, subscription).allowed:
        return
    stand_in = Subscription(subscription.account_id, subscription.topic, target, "sqs")
    stand_in.attributes = {k: v for k, v in subscription.attributes.items() if k == "RawMessageDelivery"}
    with contextlib.suppress(ServiceException, JsonRESTError):
        stand_in.publish(message, message_id, **options)
