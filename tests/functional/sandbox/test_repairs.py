"""What the sandbox repairs in moto's other services."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.sqs.models import sqs_backends

from provisioner.aws.clients import Clients
from provisioner.aws.quotas import rooms

QUEUE_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage"}]}'


def policy(length):
    """A policy of exactly so many characters, white space not counted."""
    empty = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": ""}]}
    empty["Statement"][0]["Resource"] = "arn:aws:ses:::" + "x" * (length - 14 - len(compact(empty)))
    assert len(compact(empty)) == length
    return json.dumps(empty, indent=8)


def compact(document):
    return json.dumps(document, separators=(",", ":"))


def test_a_users_boundary_is_kept_changed_and_removed(aws, code_of):
    iam = aws.client("iam")
    first, second = (
        iam.create_policy(PolicyName=name, PolicyDocument=policy(200))["Policy"]["Arn"] for name in ("one", "two")
    )
    made = iam.create_user(UserName="bakery", Path="/innkeeper/", PermissionsBoundary=first)["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == first
    iam.put_user_permissions_boundary(UserName="bakery", PermissionsBoundary=second)
    assert iam.get_user(UserName="bakery")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == second
    assert code_of(iam.delete_policy, PolicyArn=second) == "DeleteConflict"
    assert iam.list_service_specific_credentials(UserName="bakery")["ServiceSpecificCredentials"] == []
    assert code_of(iam.list_service_specific_credentials, UserName="nobody") == "NoSuchEntity"
    iam.delete_user_permissions_boundary(UserName="bakery")
    assert "PermissionsBoundary" not in iam.get_user(UserName="bakery")["User"]
    assert (
        code_of(iam.put_user_permissions_boundary, UserName="bakery", PermissionsBoundary=f"{first}x") == "NoSuchEntity"
    )


def test_d11_iam_counts_characters_and_attachments(aws, code_of):
    iam = aws.client("iam")
    iam.create_user(UserName="bakery")
    assert code_of(iam.create_user, UserName="Bakery") == "EntityAlreadyExists"
    assert code_of(iam.put_user_policy, UserName="bakery", PolicyName="a", PolicyDocument=policy(2048)) is None
    assert (
        code_of(iam.put_user_policy, UserName="bakery", PolicyName="b", PolicyDocument=policy(120)) == "LimitExceeded"
    )
    assert code_of(iam.create_policy, PolicyName="big", PolicyDocument=policy(6145)) == "LimitExceeded"
    for n in range(11):
        arn = iam.create_policy(PolicyName=f"p{n}", PolicyDocument=policy(6144))["Policy"]["Arn"]
        code = code_of(iam.attach_user_policy, UserName="bakery", PolicyArn=arn)
    assert code == "LimitExceeded"


def test_g2_the_third_access_key_is_refused(aws, code_of):
    iam = aws.client("iam")
    iam.create_user(UserName="bakery")
    codes = [code_of(iam.create_access_key, UserName="bakery") for _ in range(3)]
    assert codes == [None, None, "LimitExceeded"]


def test_sqs_returns_the_redrive_policy_as_it_was_written(aws):
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    written = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":5}}'
    url = sqs.create_queue(QueueName="q", Attributes={"RedrivePolicy": written, "Policy": QUEUE_POLICY})["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["RedrivePolicy"] == written
    assert json.loads(found["Policy"]) == json.loads(QUEUE_POLICY)


def test_sqs_still_moves_a_message_to_the_dead_letters(aws):
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName="q", Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "hello"


def test_sqs_gives_each_message_once_however_many_readers_take_and_delete(aws):
    aws.client("sqs").create_queue(QueueName="q")
    backend, taken = sqs_backends[aws.account][aws.region], []
    sent = [backend.send_message("q", str(n)).body for n in range(200)]

    def take(_):
        while messages := backend.receive_message("q", 10, 0, 30):
            taken.extend(message.body for message in messages)
            for message in messages:
                backend.delete_message("q", message.receipt_handle)

    def add(count):
        sent.extend(backend.send_message("q", f"later {n}").body for n in range(count))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda job: job[0](job[1]), [(take, 0), (take, 0), (take, 0), (add, 200), (take, 0)]))
    finally:
        sys.setswitchinterval(interval)
    take(0)
    assert sorted(taken) == sorted(sent)
    assert len(sent) == 400


def test_a_long_poll_does_not_keep_a_sender_waiting(aws):
    aws.client("sqs").create_queue(QueueName="q")
    backend = sqs_backends[aws.account][aws.region]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(backend.receive_message, "q", 1, 10, 30)
        time.sleep(0.05)
        backend.send_message("q", "hello")
        assert [message.body for message in waiting.result(timeout=5)] == ["hello"]


def test_the_current_secret_is_the_one_that_was_moved_to(aws, code_of):
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="smtp", SecretString="old")
    new = secrets.put_secret_value(SecretId="smtp", SecretString="new", VersionStages=["AWSPENDING"])["VersionId"]
    old = secrets.get_secret_value(SecretId="smtp")["VersionId"]
    secrets.update_secret_version_stage(
        SecretId="smtp", VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=old
    )
    assert secrets.get_secret_value(SecretId="smtp")["SecretString"] == "new"
    assert secrets.get_secret_value(SecretId="smtp", VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    assert code_of(secrets.rotate_secret, SecretId="smtp") == "InvalidRequestException"
    again = {"SecretId": "smtp", "ClientRequestToken": new, "SecretString": "other"}
    assert code_of(secrets.put_secret_value, **again) == "ResourceExistsException"
    assert secrets.get_secret_value(SecretId="smtp")["SecretString"] == "new"


def test_tls_only_does_not_lock_everybody_out_of_the_bucket(aws, code_of):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": aws.region})
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}
    tls_only = deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [tls_only]}))
    s3.put_object(Bucket="bucket", Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert code_of(s3.put_object, Bucket="bucket", Key="k", Body=b"x") == "403"


def test_e19_quotas_can_be_looked_at_before_they_are_met(aws, code_of, monkeypatch):
    monkeypatch.setattr("provisioner.sandbox.repairs.zones.ZONES", 1)
    clients = Clients(aws.session(), region=aws.region, pacer=None)
    users, zones = rooms(clients)
    assert (users.used, users.limit, zones.used, zones.limit) == (0, 5000, 0, 1)
    clients["iam"].create_user(UserName="bakery")
    clients["route53"].create_hosted_zone(Name="a.example", CallerReference="x")
    users, zones = rooms(clients)
    assert (users.used, zones.used) == (1, 1)
    create = clients["route53"].create_hosted_zone
    assert code_of(create, Name="b.example", CallerReference="y") == "TooManyHostedZones"
    aws.faults.add("route53", "GetAccountLimit", "denied")
    assert [room.kind for room in rooms(clients)] == ["aws_iam_user"]


def test_every_zone_has_name_servers_of_its_own(aws, code_of):
    zones = aws.client("route53")
    sets = [
        zones.create_hosted_zone(Name="a.example", CallerReference=ref)["DelegationSet"]["NameServers"] for ref in "xy"
    ]
    assert len({*sets[0], *sets[1]}) == 8
    assert code_of(zones.create_hosted_zone, Name="b.example", CallerReference="x") == "HostedZoneAlreadyExists"


@pytest.mark.parametrize(
    ("definition", "result"),
    [
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, "OK"),
        ({"StartAt": "B", "States": {"A": {"Type": "Pass", "End": True}}}, "FAIL"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}}}, "FAIL"),
    ],
)
def test_a_state_machine_can_be_validated(aws, definition, result):
    answer = aws.client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))
    assert answer["result"] == result
