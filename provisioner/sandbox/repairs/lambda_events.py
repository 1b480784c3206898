"""What reaches Lambda from SNS and SQS: true events, whole batches, the functions' own permissions.

Replaces in moto: ``Subscription.publish`` for Lambda endpoints (moto sends example ids and asks no permission), and
``LambdaBackend.send_sqs_batch`` (moto invokes once a message with example attributes and knows no partial failures).
Invocations run at once, in the caller's thread: when a publish returns, the code has run. A failed asynchronous
invocation is tried twice more, as on AWS, but without the minutes between.
"""

import json
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.models import LambdaBackend
from moto.awslambda.utils import get_backend
from moto.sns.models import Subscription

from provisioner.sandbox.fanout import SNS, Refused, refused
from provisioner.sandbox.policy import evaluate_resource_policy

_TRIES = 3


def install() -> None:
    """Install the repair."""
    original = Subscription.publish

    def publish(self: Any, message: str, message_id: str, **options: Any) -> None:
        if self.protocol != "lambda":
            original(self, message, message_id, **options)
        elif self._filter_policy_matcher is None or self._filter_policy_matcher.matches(
            options.get("message_attributes"), message
        ):
            _to_function(self, message, message_id, options)

    Subscription.publish = publish
    LambdaBackend.send_sqs_batch = _send_batch


def _to_function(subscription: Any, message: str, message_id: str, options: dict[str, Any]) -> None:
    account, topic = subscription.account_id, subscription.topic
    region, name = subscription.endpoint.split(":")[3], subscription.endpoint.split(":")[6]
    backend = get_backend(account, region)
    try:
        function = backend.get_function(name)
    except Exception:  # noqa: BLE001  moto has several classes for "no such function"
        _note(subscription, "the function does not exist")
        return
    policy = {"Version": "2012-10-17", "Statement": function.policy.statements} if function.policy.statements else None
    context = {"aws:SourceArn": topic.arn, "aws:SourceAccount": account}
    decision = evaluate_resource_policy(policy, SNS, "lambda:InvokeFunction", function.function_arn, context)
    if not decision.allowed:
        _note(subscription, decision.reason)
        return
    event = json.dumps({"Records": [_sns_record(subscription, message, message_id, options)]})
    for _ in range(_TRIES):
        headers: dict[str, Any] = {}
        function.invoke(event, {"x-amz-invocation-type": "Event"}, headers)
        if "x-amz-function-error" not in headers:
            return
    _note(subscription, f"the function failed {_TRIES} times")


def _note(subscription: Any, reason: str) -> None:
    topic = subscription.topic
    refused(topic.account_id, topic.sns_backend.region_name).append(Refused(topic.arn, subscription.endpoint, reason))


def _sns_record(subscription: Any, message: str, message_id: str, options: dict[str, Any]) -> dict[str, Any]:
    attributes = options.get("message_attributes") or {}
    return {
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "EventSource": "aws:sns",
        "Sns": {
            "SignatureVersion": "1",
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Signature": "EXAMPLE",
            "SigningCertUrl": f"https://sns.{subscription.topic.sns_backend.region_name}.amazonaws.com/sandbox.pem",
            "MessageId": message_id,
            "Message": message,
            "MessageAttributes": {
                key: {"Type": value["type"], "Value": value["value"]} for key, value in attributes.items()
            },
            "Type": "Notification",
            "UnsubscribeUrl": f"https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
            "TopicArn": subscription.topic.arn,
            "Subject": options.get("subject"),
        },
    }


def _send_batch(self: Any, function_arn: str, messages: Any, queue_arn: str) -> bool:
    """Invoke once for the batch. True: all of it may be deleted. Partly failed batches count as failed as a whole."""
    headers: dict[str, Any] = {}
    event = json.dumps({"Records": [_sqs_record(message, queue_arn, self.region_name) for message in messages]})
    answer = self.invoke(function_name=function_arn, qualifier=None, body=event, headers={}, response_headers=headers)
    if "x-amz-function-error" in headers:
        return False
    try:
        result = json.loads(answer or "null")
    except ValueError:
        return True
    return not (isinstance(result, dict) and result.get("batchItemFailures"))


def _sqs_record(message: Any, queue_arn: str, region: str) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(int(message.sent_timestamp)),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
