"""SES, SNS and SQS ask each other's policies; a refusal is silent for the sender and recorded here."""

import json

import pytest

from provisioner.sandbox import fanout, publish

ACCOUNT, REGION = "210987654321", "eu-west-1"
EVENT = {"eventType": "Bounce", "mail": {"messageId": "m"}, "bounce": {}}
DEFAULT_POLICY = {
    "Version": "2008-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "SNS:Publish",
            "Resource": "*",
            "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
        }
    ],
}


@pytest.fixture(autouse=True)
def _no_refusals(bakery):
    fanout.refused(ACCOUNT, REGION).clear()


@pytest.fixture
def topic(bakery):
    """Sets an attribute of the bakery's topic, until the test ends."""
    sns = bakery.client("sns")
    before = sns.get_topic_attributes(TopicArn=bakery.topic_arn)["Attributes"]["Policy"]

    def change(name, value):
        sns.set_topic_attributes(TopicArn=bakery.topic_arn, AttributeName=name, AttributeValue=value)

    yield change
    change("Policy", before)
    change("KmsMasterKeyId", "")


@pytest.fixture
def queue_policy(bakery):
    """Sets the policy of the bakery's queue, until the test ends."""
    sqs = bakery.client("sqs")
    before = sqs.get_queue_attributes(QueueUrl=bakery.queue_url, AttributeNames=["Policy"])["Attributes"]["Policy"]

    def change(policy):
        sqs.set_queue_attributes(QueueUrl=bakery.queue_url, Attributes={"Policy": policy})

    yield change
    change(before)


def publish_bounce(name="bakery"):
    return publish.publish(ACCOUNT, REGION, f"inn-{name}", EVENT)


def reasons():
    return [refused.reason for refused in fanout.refused(ACCOUNT, REGION)]


def test_nothing_is_refused_between_a_tenants_own_resources(bakery):
    assert publish_bounce() == 1
    assert bakery.events() == [EVENT]
    assert reasons() == []


def test_a_topic_with_its_default_policy(bakery, topic):
    """A18: SES is not let in, and nobody is told."""
    topic("Policy", json.dumps(DEFAULT_POLICY))
    assert bakery.send("bounce@simulator.amazonses.com")
    assert bakery.drain() == []
    assert reasons() == ["the policy does not let ses.amazonaws.com do it"] * 2


def test_another_tenants_set_cannot_publish_here(bakery, florist, state, monkeypatch):
    """B1: the topic names its configuration set."""
    theirs = state.configuration_sets["inn-florist"].destinations["feedback"]
    monkeypatch.setitem(theirs.targets, "SnsDestination", {"TopicArn": bakery.topic_arn})
    assert publish_bounce("florist") == 0
    assert bakery.drain() == []
    assert fanout.refused(ACCOUNT, REGION)[0].source.endswith("configuration-set/inn-florist")


def test_a_topic_that_is_gone(bakery, state, monkeypatch):
    targets = {"SnsDestination": {"TopicArn": f"{bakery.topic_arn}-gone"}}
    monkeypatch.setattr(state.configuration_sets["inn-bakery"].destinations["feedback"], "targets", targets)
    assert publish_bounce() == 0
    assert reasons() == ["the topic does not exist"]


def test_a_queue_without_a_policy(bakery, queue_policy):
    """A19."""
    queue_policy("")
    assert publish_bounce() == 1  # the topic took it
    assert bakery.drain() == []
    assert reasons() == ["the policy does not let sns.amazonaws.com do it"]


def test_a_topic_that_the_queue_does_not_name(bakery):
    """B2: also when a person publishes by the API."""
    sns = bakery.client("sns")
    forged = sns.create_topic(Name="forged")["TopicArn"]
    sns.subscribe(TopicArn=forged, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inn-bakery")
    sns.publish(TopicArn=forged, Message=json.dumps(EVENT))
    assert bakery.drain() == []
    assert len(reasons()) == 1
    sns.publish(TopicArn=bakery.topic_arn, Message="hello")
    assert [body["Message"] for body in bakery.drain()] == ["hello"]


def test_one_queue_that_is_gone_does_not_stop_the_others(bakery):
    """A19: what cannot be handed over waits in the subscription's dead-letter queue."""
    sns, sqs = bakery.client("sns"), bakery.client("sqs")
    dead, gone = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "gone"))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"Policy": policy})
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn + "dead"})}
    subscription = sns.subscribe(
        TopicArn=bakery.topic_arn, Protocol="sqs", Endpoint=arn + "gone", Attributes=redrive, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    sqs.delete_queue(QueueUrl=gone)
    try:
        assert publish_bounce() == 1
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
    assert bakery.events() == [EVENT]
    assert reasons() == ["the queue does not exist"]
    waiting = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert [json.loads(json.loads(m["Body"])["Message"]) for m in waiting] == [EVENT]


def test_an_encrypted_topic_needs_a_key_that_lets_ses_in(bakery, topic):
    """A18: the key that AWS manages for SNS never does."""
    topic("KmsMasterKeyId", "alias/aws/sns")
    assert publish_bounce() == 0
    assert reasons() == ["SES cannot use the key alias/aws/sns"]
    kms = bakery.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    topic("KmsMasterKeyId", key)
    assert publish_bounce() == 0
    assert reasons()[-1] == "kms:GenerateDataKey: the policy does not let ses.amazonaws.com do it"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    assert publish_bounce() == 1
    assert bakery.events() == [EVENT]
