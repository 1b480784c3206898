"""What SNS could not hand over, or no collector could finish, is collected from the dead letters."""

import json

from conduct_house import NOTICES, allow
from ses_events import NOW

from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all, collect_dead_letters
from provisioner.conduct.facts import new_keys, read_rows
from provisioner.conduct.undelivered import source_of_notices


def drain():
    return Drain(clock=lambda: NOW, threads=1)


def notices(house):
    return source_of_notices(house.names, NOTICES)


def dead_letters(house):
    """The queue, with the policy and the redrive settings that Terraform gives it."""
    sqs, arn = house.wiring.clients["sqs"], house.names.dead_letters_arn
    url = sqs.get_queue_url(QueueName=house.names.dead_letters)["QueueUrl"]
    policy = allow("sns.amazonaws.com", "sqs:SendMessage", arn)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def facts(house, tenant):
    archive = house.outside.archive
    keys = new_keys(archive, {tenant: ""}, NOW)[tenant]
    return [row.recipient for row in read_rows(archive, tenant, keys)]


def test_what_sns_cannot_deliver_is_stored_for_its_tenant(house):
    """A19, A13: the queue's policy is broken; nothing is lost, and a stranger's message is set aside."""
    arn = dead_letters(house)
    bakery, clients = house.tenant("bakery"), house.wiring.clients
    subscription = clients["sns"].list_subscriptions_by_topic(TopicArn=bakery.topic_arn)["Subscriptions"][0]
    clients["sns"].set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="RedrivePolicy",
        AttributeValue=json.dumps({"deadLetterTargetArn": arn}),
    )
    working = clients["sqs"].get_queue_attributes(QueueUrl=bakery.queue_url, AttributeNames=["Policy"])["Attributes"]
    broken = json.dumps({"Version": "2012-10-17", "Statement": []})
    clients["sqs"].set_queue_attributes(QueueUrl=bakery.queue_url, Attributes={"Policy": broken})
    house.bounce(bakery, "gone@elsewhere.test")
    clients["sqs"].set_queue_attributes(QueueUrl=bakery.queue_url, Attributes=working)
    stranger = json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-central-1:1:other", "Message": "{}"})
    url = clients["sqs"].get_queue_url(QueueName=house.names.dead_letters)["QueueUrl"]
    clients["sqs"].send_message(QueueUrl=url, MessageBody=stranger)

    assert collect_all(["bakery"], house.outside, drain()).collected[0].events == {}
    done = collect_dead_letters(house.outside, house.names.prefix, drain(), notices=notices(house))
    assert (done.error, done.stored, done.quarantined, done.depth) == ("", 1, 1, 0)
    assert facts(house, "bakery") == ["gone@elsewhere.test"]
    assert len(list(house.outside.archive.keys("quarantine/_nobody/"))) == 1


def test_what_was_received_too_often_is_not_lost(house):
    """A9, A12: collectors that die five times; the sixth look finds it in the dead letters, and twice is once."""
    arn = dead_letters(house)
    bakery, clients = house.tenant("bakery"), house.wiring.clients
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    policy = allow("sns.amazonaws.com", "sqs:SendMessage", house.names.tenant("bakery").queue_arn)
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "0", "Policy": policy}
    clients["sqs"].set_queue_attributes(QueueUrl=bakery.queue_url, Attributes=attributes)
    house.bounce(bakery, "gone@elsewhere.test")
    queue = house.outside.queue(bakery)
    waiting = queue.depth()
    seen = [len(queue.receive()) for _ in range(7)]  # received, never deleted
    assert sum(seen) == 5 * waiting > 0
    assert queue.depth() == 0
    first = collect_dead_letters(house.outside, house.names.prefix, drain(), notices=notices(house))
    again = collect_dead_letters(house.outside, house.names.prefix, drain(), notices=notices(house))
    assert (first.stored, again.seen) == (waiting, 0)
    assert facts(house, "bakery") == ["gone@elsewhere.test"]
