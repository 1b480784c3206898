"""What only the adapters do: errors in words, lost replies, paging, limits, the platform's mail."""

from email import message_from_bytes
from email.policy import default

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.stub import Stubber
from fakes import manifest

from provisioner.aws.account import AwsAccount
from provisioner.aws.archive import S3Archive
from provisioner.aws.blocklist import AwsBlocklist
from provisioner.aws.clients import Clients, Pacer
from provisioner.aws.errors import (
    AccessDeniedError,
    AwsError,
    LoginError,
    ThrottledError,
    UnreachableError,
    call,
    translate,
)
from provisioner.aws.identity import AwsIdentities
from provisioner.aws.keys import IamKeys
from provisioner.aws.mailer import SesMailer, compose
from provisioner.aws.operator import SnsOperator
from provisioner.aws.queue import SqsQueue
from provisioner.aws.secrets import AwsSecrets
from provisioner.aws.sestenant import AwsSesTenants
from provisioner.aws.settings import Settings
from provisioner.conduct.shards import policy
from provisioner.errors import InnkeeperError
from provisioner.ports import Conflict, Mail, Message

CANARY = "canary-2f9b1c7e"


def client_error(code, operation="PutObject", status=400):
    answer = {"Error": {"Code": code, "Message": "said so"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


@pytest.mark.parametrize(
    ("error", "kind", "hint"),
    [
        (client_error("AccessDenied"), AccessDeniedError, "permission for PutObject"),
        (client_error("ExpiredToken"), LoginError, "log in again"),
        (client_error("InvalidClientTokenId"), LoginError, "AWS_PROFILE"),
        (client_error("TooManyRequestsException", status=429), ThrottledError, "slow down"),
        (client_error("SlowDown", status=503), ThrottledError, "slow down"),
        (client_error("InternalError", status=500), UnreachableError, "next run"),
        (client_error("NoSuchBucket", status=404), AwsError, ""),
        (NoCredentialsError(), LoginError, "log in"),
    ],
)
def test_an_error_of_aws_says_what_to_do_next(error, kind, hint):
    """E20 among others."""
    found = translate(error, "put_object")
    assert type(found) is kind
    assert hint in found.hint
    assert "None" not in str(found)


def test_no_error_repeats_what_was_sent(clients):
    """G8: botocore quotes wrong arguments; a password is an argument, too."""
    with pytest.raises(InnkeeperError) as refused:
        call(clients["secretsmanager"].put_secret_value, SecretId="x", SecretString={CANARY: 1})
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None
    with pytest.raises(InnkeeperError) as missing:
        AwsSecrets(clients).put("inn/bakery/smtp", CANARY.encode(), token="t" * 32, stages=("AWSCURRENT",))
    assert CANARY not in str(missing.value)
    assert "does not exist" in str(missing.value)


def test_no_answer_at_all_is_said_so():
    client = boto3.client(
        "s3", region_name="eu-central-1", endpoint_url="http://127.0.0.1:9", aws_access_key_id="x",
        aws_secret_access_key="y", config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )  # fmt: skip
    with pytest.raises(UnreachableError, match="no answer"):
        call(client.get_object, Bucket="inn", Key="x")


@pytest.fixture
def archive(aws, clients):
    clients["s3"].create_bucket(Bucket="inn", CreateBucketConfiguration={"LocationConstraint": aws.region})
    return S3Archive(clients, "inn")


def test_a_put_whose_reply_got_lost_is_a_put(aws, archive):
    """A6: S3 stores it, the answer is lost, botocore asks again and gets 412: the content is ours."""
    aws.faults.add("s3", "PutObject", "lost")
    assert archive.put_new("a", b"1") is False
    aws.faults.add("s3", "PutObject", "lost")
    tag = archive.put_if("b", b"1", None)
    aws.faults.add("s3", "PutObject", "lost")
    assert archive.put_if("b", b"2", tag) == archive.get("b").etag
    with pytest.raises(Conflict):
        archive.put_if("b", b"3", tag)


def test_a_busy_key_is_tried_again(aws, archive, clients):
    """A6: 409 while another writer is at it."""
    stub = Stubber(clients["s3"])
    for code in ("ConditionalRequestConflict", "ConditionalRequestConflict"):
        stub.add_client_error("put_object", code, http_status_code=409)
    stub.add_response("put_object", {"ETag": '"x"'})
    with stub:
        assert archive.put_new("a", b"1") is True


@pytest.mark.parametrize("kind", ["unavailable", "throttled"])
def test_s3_that_is_busy_is_asked_again(aws, archive, kind):
    """I2, M7."""
    aws.faults.add("s3", "PutObject", kind)
    assert archive.put_new("a", b"1") is True


def test_a_refused_get_is_no_missing_object(aws, archive):
    """A 403 read as "not there" would begin a standing anew."""
    aws.faults.add("s3", "GetObject", "denied", times=None)
    with pytest.raises(AccessDeniedError):
        archive.get("standing/bakery.json")


def test_every_page_of_a_listing_is_read(archive, clients):
    stub = Stubber(clients["s3"])
    ask = {"Bucket": "inn", "Prefix": "facts/"}
    stub.add_response(
        "list_objects_v2",
        {"Contents": [{"Key": "facts/1"}], "IsTruncated": True, "NextContinuationToken": "t"},
        {**ask, "StartAfter": "facts/0"},
    )
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "facts/2"}]}, {**ask, "ContinuationToken": "t"})
    with stub:
        assert list(archive.keys("facts/", after="facts/0")) == ["facts/1", "facts/2"]
    stub.assert_no_pending_responses()


@pytest.fixture
def queue(clients):
    url = clients["sqs"].create_queue(QueueName="inn-bakery-feedback")["QueueUrl"]
    return SqsQueue(clients, url, wait_seconds=0), url


def test_a_delete_that_fails_for_one_entry_returns_that_one(queue, clients):
    """A3: 200 with Failed entries; the good one is gone, the bad one is named."""
    queue, url = queue
    clients["sqs"].send_message(QueueUrl=url, MessageBody="x")
    (good,) = queue.receive()
    bad = Message("other", "no-such-receipt", b"", good.sent)
    assert queue.delete([good, bad]) == [bad]
    assert queue.delete([]) == []


def test_only_failed_entries_are_tried_again(queue, clients):
    """A3."""
    queue, url = queue
    messages = [Message(f"m{n}", f"r{n}", b"", None) for n in range(3)]
    stub = Stubber(clients["sqs"])
    entries = [{"Id": f"{n}", "ReceiptHandle": f"r{n}"} for n in range(3)]
    failed = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]
    stub.add_response(
        "delete_message_batch", {"Successful": [], "Failed": failed}, {"QueueUrl": url, "Entries": entries}
    )
    again = [{"Id": "0", "ReceiptHandle": "r1"}]
    stub.add_response("delete_message_batch", {"Successful": [], "Failed": []}, {"QueueUrl": url, "Entries": again})
    with stub:
        assert queue.delete(messages) == []
    stub.assert_no_pending_responses()


def test_a_queue_that_is_gone_says_so(clients):
    """A17."""
    with pytest.raises(AwsError, match="NonExistentQueue"):
        SqsQueue(clients, "http://127.0.0.1/123456789012/nobody", wait_seconds=0).receive()


def test_long_polls_are_asked_for(clients, queue):
    """A8."""
    _, url = queue
    stub = Stubber(clients["sqs"])
    wanted = {
        "QueueUrl": url,
        "MaxNumberOfMessages": 10,
        "WaitTimeSeconds": 2,
        "MessageSystemAttributeNames": ["SentTimestamp"],
    }
    stub.add_response("receive_message", {}, wanted)
    with stub:
        assert SqsQueue(clients, url, wait_seconds=2).receive() == []


def test_a_lone_surrogate_reaches_the_quarantine(clients, queue):
    """B9."""
    queue, _ = queue
    stub = Stubber(clients["sqs"])
    stub.add_response("receive_message", {"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": "\ud800"}]})
    with stub:
        assert queue.receive()[0].body == b"\xed\xa0\x80"


def test_calls_of_one_action_are_a_second_apart_and_actions_do_not_wait_for_each_other():
    now, slept = [0.0], []
    pacer = Pacer(clock=lambda: now[0], sleep=slept.append)
    for _ in range(3):
        pacer.wait("PutSuppressedDestination")
    pacer.wait("GetConfigurationSet")
    assert slept == [1.0, 2.0]
    now[0] = 10.0
    pacer.wait("PutSuppressedDestination")
    assert slept == [1.0, 2.0]


def test_ses_control_calls_are_paced_and_mail_is_not(aws):
    asked = []

    class Counting(Pacer):
        def wait(self, action):
            asked.append(action)

    clients = Clients(aws.session(), region=aws.region, pacer=Counting())
    clients["sesv2"].list_configuration_sets()
    with pytest.raises(ClientError):
        clients["sesv2"].send_email(FromEmailAddress="a@b.test", Content={"Raw": {"Data": b"x"}})
    clients["sqs"].list_queues()
    assert asked == ["ListConfigurationSets"]


def mail(**more):
    values = {
        "message_id": "notice-1",
        "to": ("ann@x.test", "bob@y.test"),
        "subject": "Bakery is\r\nBcc: all@z.test suspended",
        "text": "Grüße",
        "html": "<p>Grüße</p>",
        "reply_to": "operator@host.example",
        "attachments": (("blocked.csv", "text/csv", b"a@b.test\n"),),
    }
    return Mail(**{**values, **more})


def test_a_notice_starts_no_loop_and_carries_its_own_id():
    """H2, H3, F-rows: no header comes out of a subject."""
    raw = compose(mail(), sender="notices@innkeeper.example", name="Innkeeper").as_bytes()
    read = message_from_bytes(raw, policy=default)
    assert read["Message-ID"] == read["References"] == "<notice-1@innkeeper.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Bcc"] is None
    assert read["Subject"] == "Bakery is Bcc: all@z.test suspended"
    assert read["Reply-To"] == "operator@host.example"
    assert [part.get_content_type() for part in read.walk() if not part.is_multipart()] == [
        "text/plain", "text/html", "text/csv",
    ]  # fmt: skip
    assert read.get_body(("plain",)).get_content().strip() == "Grüße"


def test_the_platforms_mail_goes_out_in_its_own_set(aws, clients):
    """H3."""
    ses = clients["sesv2"]
    ses.create_configuration_set(ConfigurationSetName="inn-notices")
    ses.create_email_identity(EmailIdentity="innkeeper.example")
    aws.verify("innkeeper.example")
    mailer = SesMailer(clients, sender="notices@innkeeper.example", configuration_set="inn-notices")
    assert mailer.send(mail())
    (accepted,) = aws.accepted
    assert (accepted.configuration_set, accepted.tenant) == ("inn-notices", None)
    assert {m.recipient for m in aws.mailbox} == {"ann@x.test", "bob@y.test"}


def test_an_ses_tenant_is_made_once_bound_and_removed(clients, aws):
    ses = clients["sesv2"]
    ses.create_configuration_set(ConfigurationSetName="inn-bakery")
    resource = f"arn:aws:ses:{aws.region}:{aws.account}:configuration-set/inn-bakery"
    tenants = AwsSesTenants(clients)
    arn = tenants.ensure("inn-bakery", [resource], {"owner": "inn"})
    ses.update_reputation_entity_customer_managed_status(
        ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus="DISABLED"
    )
    ses.put_tenant_suppression_attributes(
        TenantName="inn-bakery", SuppressedReasons=["BOUNCE", "COMPLAINT"], SuppressionScope="ACCOUNT"
    )
    assert tenants.ensure("inn-bakery", [resource]) == arn
    found = ses.get_tenant(TenantName="inn-bakery")["Tenant"]
    assert found["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
    status = ses.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
    assert status["ReputationEntity"]["CustomerManagedStatus"]["Status"] == "DISABLED"
    assert tenants.resources("inn-bakery") == {resource}
    for _ in range(2):
        tenants.delete("inn-bakery")
    assert tenants.resources("inn-bakery") == frozenset()


def test_an_identity_tells_its_signing_zone_and_whether_it_may_send(clients, aws):
    identities = AwsIdentities(clients)
    assert not identities.read("bakery.example").exists
    clients["sesv2"].create_email_identity(EmailIdentity="bakery.example")
    before = identities.read("bakery.example")
    assert (before.exists, before.verified, len(before.tokens)) == (True, False, 3)
    assert before.signing_zone
    aws.verify("bakery.example")
    assert identities.read("bakery.example").verified


def test_the_account_is_read(clients):
    state = AwsAccount(clients).read()
    assert (state.sending_enabled, state.enforcement) == (True, "HEALTHY")


def test_keys_are_listed_switched_and_deleted_twice(clients):
    clients["iam"].create_user(UserName="inn-bakery-smtp")
    keys = IamKeys(clients)
    new = keys.create("inn-bakery-smtp")
    assert new.secret not in repr(new)
    keys.set_active("inn-bakery-smtp", new.id, active=False)
    assert [(key.id, key.active) for key in keys.list("inn-bakery-smtp")] == [(new.id, False)]
    assert keys.last_used(new.id) is None
    for _ in range(2):
        keys.delete("inn-bakery-smtp", new.id)
    assert keys.list("inn-bakery-smtp") == ()


def test_secrets_move_through_their_stages(clients):
    """G1's four steps lean on this."""
    clients["secretsmanager"].create_secret(Name="s")
    secrets = AwsSecrets(clients)
    assert (secrets.versions("s"), secrets.get("s"), secrets.get("absent")) == ((), None, None)
    first = secrets.put("s", b"one", token="1" * 32, stages=("AWSCURRENT",))
    second = secrets.put("s", b"two", token="2" * 32, stages=("AWSPENDING",))
    assert {v.id: v.stages for v in secrets.versions("s")} == {first: ("AWSCURRENT",), second: ("AWSPENDING",)}
    secrets.move_stage("s", "AWSCURRENT", to=second, remove_from=first)
    secrets.move_stage("s", "AWSPENDING", to=None, remove_from=second)
    assert secrets.get("s").value == b"two"
    assert {v.id: v.stages for v in secrets.versions("s")}[second] == ("AWSCURRENT",)


def test_a_secret_that_waits_for_its_deletion_names_the_way_back(clients):
    """G10."""
    stub = Stubber(clients["secretsmanager"])
    said = "You can't perform this operation on the secret because it was marked for deletion."
    stub.add_client_error("put_secret_value", "InvalidRequestException", said)
    with stub, pytest.raises(InnkeeperError, match="scheduled for deletion"):
        AwsSecrets(clients).put("s", b"one", token="1" * 32, stages=("AWSCURRENT",))


def test_the_operator_is_told_in_a_form_that_sns_takes(clients, aws):
    topic = clients["sns"].create_topic(Name="inn-operator")["TopicArn"]
    queue = clients["sqs"].create_queue(QueueName="ears")["QueueUrl"]
    clients["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{aws.region}:{aws.account}:ears")
    SnsOperator(clients, topic).tell("Bäckerei\n" + "x" * 200, "")
    assert clients["sqs"].receive_message(QueueUrl=queue).get("Messages") or aws.refused


def test_a_policy_that_was_detached_or_edited_by_hand_denies_nobody_for_us(clients, aws):
    tenant = manifest(account=aws.account, region=aws.region)
    clients["iam"].create_user(UserName=tenant.user, Path="/inn/")
    blocklist = AwsBlocklist(clients)
    blocklist.write_shard(tenant, 1, ("a@x.test",))
    arn = f"arn:aws:iam::{aws.account}:policy/inn/inn-bakery-blocks-1"
    clients["iam"].detach_user_policy(UserName=tenant.user, PolicyArn=arn)
    assert blocklist.denied(tenant) == {}
    clients["iam"].attach_user_policy(UserName=tenant.user, PolicyArn=arn)
    clients["iam"].create_policy_version(
        PolicyArn=arn, SetAsDefault=True, PolicyDocument=policy(["b@x.test"]).replace("Deny", "Allow")
    )
    assert blocklist.denied(tenant) == {1: ()}


ENVIRONMENT = {
    "INNKEEPER_ACCOUNT": "123456789012",
    "INNKEEPER_REGION": "eu-central-1",
    "INNKEEPER_PREFIX": "inn",
    "INNKEEPER_NOTICES_FROM": "notices@innkeeper.example",
}


def test_settings_name_everything_that_is_wrong_at_once():
    wrong = {"INNKEEPER_POLICY": "[", "INNKEEPER_POLL_SECONDS": "often", "INNKEEPER_PACED": "maybe"}
    with pytest.raises(InnkeeperError) as refused:
        Settings.from_env(wrong)
    for name in (*ENVIRONMENT, *wrong):
        assert name in str(refused.value)


def test_settings_derive_what_they_are_not_told():
    settings = Settings.from_env(ENVIRONMENT)
    assert settings.bucket == "inn-123456789012-eu-central-1"
    assert settings.operator_topic == "arn:aws:sns:eu-central-1:123456789012:inn-operator"
    told = Settings.from_env({**ENVIRONMENT, "INNKEEPER_BUCKET": "other", "INNKEEPER_POLICY": '{"a": 1}'})
    assert (told.bucket, told.policy) == ("other", {"a": 1})
