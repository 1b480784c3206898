"""The same tests on the fakes of the unit tests and on the adapters against the embedded AWS."""

import json
from datetime import UTC, datetime

import pytest
from fakes import FakeArchive, FakeBlocklist, FakeLevers, FakeQueue, FakeVersions, manifest

from provisioner.aws.archive import S3Archive
from provisioner.aws.blocklist import AwsBlocklist
from provisioner.aws.levers import AwsLevers, platform_names
from provisioner.aws.queue import SqsQueue
from provisioner.aws.sestenant import AwsSesTenants
from provisioner.aws.versions import S3Versions
from provisioner.ports import Conflict

BOTH = pytest.mark.parametrize("kind", ["fake", "embedded"])


@pytest.fixture
def archive(kind, request):
    if kind == "fake":
        return FakeArchive()
    clients, aws = request.getfixturevalue("clients"), request.getfixturevalue("aws")
    clients["s3"].create_bucket(Bucket="inn", CreateBucketConfiguration={"LocationConstraint": aws.region})
    return S3Archive(clients, "inn")


@BOTH
def test_an_object_is_stored_once(archive):
    assert archive.put_new("a/b.json", b"1") is True
    assert archive.put_new("a/b.json", b"1") is False
    with pytest.raises(Conflict):
        archive.put_new("a/b.json", b"2")
    assert archive.get("a/b.json").body == b"1"


@BOTH
def test_a_conditional_write_needs_the_latest_tag(archive):
    first = archive.put_if("a", b"1", None)
    with pytest.raises(Conflict):
        archive.put_if("a", b"2", None)
    second = archive.put_if("a", b"2", first)
    assert archive.get("a").etag == second
    with pytest.raises(Conflict):
        archive.put_if("a", b"3", first)
    assert archive.get("a").body == b"2"
    with pytest.raises(Conflict):
        archive.put_if("absent", b"3", first)


@BOTH
def test_old_versions_are_listed_read_and_removed(archive, kind, request):
    """J1: what was written over is still there until it is removed."""
    if kind == "fake":
        versions = FakeVersions(archive)
    else:
        clients = request.getfixturevalue("clients")
        clients["s3"].put_bucket_versioning(Bucket="inn", VersioningConfiguration={"Status": "Enabled"})
        versions = S3Versions(clients, "inn")
    tag = archive.put_if("a/1", b"first", None)
    archive.put_if("a/1", b"second", tag)
    archive.put_new("b/1", b"only")
    ((key, version),) = list(versions.old("a/"))
    assert (key, versions.read(key, version)) == ("a/1", b"first")
    assert list(versions.old("b/")) == []
    for _ in range(2):
        versions.remove(key, version)
    assert list(versions.old("")) == []
    assert versions.read(key, version) is None
    assert archive.get("a/1").body == b"second"


@BOTH
def test_what_is_not_there_is_none(archive):
    assert archive.get("nothing/here") is None
    assert list(archive.keys("nothing/")) == []


@BOTH
def test_keys_come_in_order_below_the_prefix_and_after_the_mark(archive):
    for key in ("a/2", "a/1", "b/1", "a/3", "a"):
        archive.put_new(key, b"x")
    assert list(archive.keys("a/")) == ["a/1", "a/2", "a/3"]
    assert list(archive.keys("a/", after="a/1")) == ["a/2", "a/3"]
    assert list(archive.keys("a/", after="a/0zzz")) == ["a/1", "a/2", "a/3"]


@BOTH
def test_a_listing_names_the_tags_that_reading_and_writing_give(archive):
    first = archive.put_if("a/1", b"1", None)
    archive.put_new("a/2", b"2")
    assert list(archive.tags("a/")) == [("a/1", first), ("a/2", archive.get("a/2").etag)]
    second = archive.put_if("a/1", b"2", first)
    assert next(iter(archive.tags("a/", after="a/0zzz"))) == ("a/1", second)
    assert second != first


@pytest.fixture
def queue(kind, request):
    """A queue and a way to fill it."""
    if kind == "fake":
        fake = FakeQueue()
        return fake, lambda body: fake.send(body.encode(), datetime.now(UTC))
    sqs = request.getfixturevalue("clients")["sqs"]
    url = sqs.create_queue(QueueName="inn-bakery-feedback")["QueueUrl"]
    adapter = SqsQueue(request.getfixturevalue("clients"), url, wait_seconds=0)
    return adapter, lambda body: sqs.send_message(QueueUrl=url, MessageBody=body)


@BOTH
def test_messages_are_received_by_tens_and_hidden_until_deleted(queue):
    queue, send = queue
    for number in range(12):
        send(f"message {number}")
    first, second = queue.receive(), queue.receive()
    assert sorted(len(part) for part in (first, second)) == [2, 10]
    assert {message.body for message in first + second} == {f"message {n}".encode() for n in range(12)}
    assert queue.receive() == []
    assert abs((first[0].sent - datetime.now(UTC)).total_seconds()) < 60
    assert queue.delete(first + second) == []
    assert queue.depth() == 0


@BOTH
def test_depth_counts_what_waits(queue):
    queue, send = queue
    send("one")
    assert queue.depth() == 1
    queue.receive()
    assert queue.depth() == 0


def made(clients, tenant):
    """The tenant's set, user, keys and SES tenant, and the platform's policy."""
    names = platform_names(tenant)
    clients["sesv2"].create_configuration_set(ConfigurationSetName=tenant.configuration_set)
    arn = AwsSesTenants(clients).ensure(tenant.ses_tenant, [names.tenant(tenant.tenant).configuration_set_arn])
    clients["iam"].create_user(UserName=tenant.user, Path=names.path)
    for _ in range(2):
        clients["iam"].create_access_key(UserName=tenant.user)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:*", "Resource": "*"}]}
    clients["iam"].create_policy(PolicyName=names.suspended_policy, Path=names.path, PolicyDocument=json.dumps(deny))
    return arn


@pytest.fixture
def tenant(kind, request):
    if kind == "fake":
        return manifest()
    aws, clients = request.getfixturevalue("aws"), request.getfixturevalue("clients")
    local = manifest(account=aws.account, region=aws.region)
    return manifest(account=aws.account, region=aws.region, ses_tenant_arn=made(clients, local))


@pytest.fixture
def levers(kind, tenant, request):
    if kind == "fake":
        fake = FakeLevers()
        fake.tenants["bakery"].keys = {"AKIA1": True, "AKIA2": True}
        return fake
    return AwsLevers(request.getfixturevalue("clients"))


@BOTH
def test_each_lever_shows_when_read_and_may_be_pulled_twice(levers, tenant):
    """D3: idempotent, each for itself."""
    fresh = levers.read(tenant)
    assert (fresh.set_enabled, fresh.denied, fresh.tenant_enabled, fresh.aws_paused) == (True, False, True, False)
    assert len(fresh.active_keys) == 2
    for open_ in (False, False, True, True):
        levers.set_sending(tenant, enabled=open_)
        assert levers.read(tenant).set_enabled is open_
        levers.set_denied(tenant, denied=not open_)
        assert levers.read(tenant).denied is not open_
        levers.set_tenant(tenant, enabled=open_)
        assert levers.read(tenant).tenant_enabled is open_
        levers.set_key(tenant, fresh.active_keys[0], active=open_)
        assert (fresh.active_keys[0] in levers.read(tenant).active_keys) is open_
    assert levers.read(tenant) == fresh


@BOTH
def test_a_tenant_without_an_ses_tenant_has_one_lever_less(levers, tenant, kind, request):
    plain = manifest(account=tenant.account, region=tenant.region, ses_tenant=None, ses_tenant_arn=None)
    levers.set_tenant(plain, enabled=False)
    assert levers.read(plain).tenant_enabled is None


@pytest.fixture
def blocklist(kind, tenant, request):
    return FakeBlocklist() if kind == "fake" else AwsBlocklist(request.getfixturevalue("clients"))


@BOTH
def test_suppressed_recipients_are_listed_until_they_are_released(blocklist, tenant):
    assert blocklist.suppressed(tenant) == frozenset()
    blocklist.suppress(tenant, "a@x.test")
    blocklist.suppress(tenant, "b@x.test")
    blocklist.suppress(tenant, "b@x.test")
    assert blocklist.suppressed(tenant) == {"a@x.test", "b@x.test"}
    blocklist.unsuppress(tenant, "a@x.test")
    blocklist.unsuppress(tenant, "a@x.test")
    assert blocklist.suppressed(tenant) == {"b@x.test"}


@BOTH
def test_a_shard_denies_exactly_what_was_written_last(blocklist, tenant):
    """IAM keeps five versions of a policy: eight rewrites must not stumble over that."""
    assert blocklist.denied(tenant) == {}
    for number in range(8):
        blocklist.write_shard(tenant, 3, (f"a{number}@x.test", "${aws:username}@x.test"))
        assert blocklist.denied(tenant) == {3: (f"a{number}@x.test", "${aws:username}@x.test")}
    blocklist.write_shard(tenant, 1, ("b@x.test",))
    assert set(blocklist.denied(tenant)) == {1, 3}
    for _ in range(2):
        blocklist.write_shard(tenant, 3, ())
    assert blocklist.denied(tenant) == {1: ("b@x.test",)}
    blocklist.write_shard(tenant, 3, ("c@x.test",))
    assert blocklist.denied(tenant)[3] == ("c@x.test",)
