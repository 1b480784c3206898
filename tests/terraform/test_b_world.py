"""What the modules make, with the real AWS provider on the sandbox."""

import json

import msgspec

from provisioner.onboarding.adopt import SET_AGAIN_IF_ASKED, addresses, adopt
from provisioner.onboarding.changes import read_changes
from provisioner.onboarding.records import Record, expected_records
from provisioner.sandbox.policy import Principal, evaluate, evaluate_resource_policy, parse
from provisioner.tf import is_empty, lifting, replacements

from conftest import BAKERY, FLORIST, PLATFORM  # isort: skip

CANARY = "canary-of-a-secret-4711"


def changed(plan) -> list[str]:
    return [change.address for change in read_changes(plan).all]


def test_the_plan_after_the_platform_is_empty(world) -> None:
    plan = world.platform_applied.result(timeout=300).plan()
    assert changed(plan) == []
    assert is_empty(plan)


def test_the_plan_after_a_tenant_is_empty_and_has_no_secret(world, bakery) -> None:
    """G8: a key and a password exist by now, and Terraform has seen the user and the secret they belong to.

    As at the end of an onboarding, the first password lets the schedule be set, and that is all there is to change.
    """
    names = world.names.tenant("bakery")
    key = world.client("iam").create_access_key(UserName=names.user)["AccessKey"]
    world.client("secretsmanager").put_secret_value(SecretId=names.secret, SecretString=CANARY)
    world.platform_applied.result(timeout=300)  # the function that rotates
    bakery.write(world.files(BAKERY, has_password=True))
    assert changed(bakery.plan()) == ['aws_secretsmanager_secret_rotation.smtp["this"]']
    bakery.apply()
    plan = bakery.plan()
    assert changed(plan) == []
    assert is_empty(plan)
    secret = world.client("secretsmanager").describe_secret(SecretId=names.secret)
    assert (secret["RotationEnabled"], secret["RotationRules"]) == (True, {"AutomaticallyAfterDays": 90})
    assert secret["RotationLambdaARN"] == world.names.function_arn("rotate")
    text = json.dumps([plan, bakery.outputs()]) + "".join(
        path.read_text(errors="replace") for path in bakery.root.glob("terraform.tfstate*")
    )
    assert names.user in text
    for secret in (CANARY, key["SecretAccessKey"], key["AccessKeyId"]):
        assert secret not in text


def test_a_tenant_has_everything_that_is_looked_for(world, bakery) -> None:
    """What ``adopt`` takes over is what Terraform makes: a resource added to the module must be added there."""
    there = frozenset(bakery.state_list())
    if_asked = {f"module.tenant.{address}" for address in SET_AGAIN_IF_ASKED}
    assert there - if_asked == addresses(BAKERY, world.names.tenant("bakery"))
    assert if_asked & there >= {'module.tenant.aws_secretsmanager_secret_policy.smtp["this"]'}


def test_a_complete_state_asks_aws_nothing(world, bakery) -> None:
    assert adopt(BAKERY, world.names.tenant("bakery"), None, bakery.state_list()) == []  # type: ignore[arg-type]


def test_records_are_those_our_code_expects(world, bakery) -> None:
    outputs = bakery.outputs()
    expected = expected_records(BAKERY, "eu-central-1", outputs["dkim_tokens"], "dkim.amazonses.com")
    printed = {msgspec.convert(record, Record) for record in outputs["records"]}
    assert printed == set(expected)
    written = world.client("route53").list_resource_record_sets(HostedZoneId=outputs["zone_id"])["ResourceRecordSets"]
    found = {
        (record["Type"], record["Name"].rstrip("."), record["ResourceRecords"][0]["Value"].strip('"'))
        for record in written
        if record["Type"] not in ("NS", "SOA")
    }
    assert found == {(record.type, record.name, record.value) for record in expected}


def test_the_tenant_is_wired_from_set_to_queue(world, bakery) -> None:
    names = world.names.tenant("bakery")
    ses, sns, sqs = world.client("sesv2"), world.client("sns"), world.client("sqs")
    assert ses.get_email_identity(EmailIdentity=BAKERY.domain)["ConfigurationSetName"] == names.configuration_set
    (destination,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=names.configuration_set)[
        "EventDestinations"
    ]
    assert destination["SnsDestination"]["TopicArn"] == names.topic_arn
    endpoints = {
        item["Endpoint"] for item in sns.list_subscriptions_by_topic(TopicArn=names.topic_arn)["Subscriptions"]
    }
    assert endpoints == {names.queue_arn, world.names.function_arn("sentinel")}
    attributes = sqs.get_queue_attributes(QueueUrl=bakery.outputs()["queue_url"], AttributeNames=["All"])["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "1209600"
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == world.names.dead_letters_arn


def test_everything_of_a_tenant_is_tagged(world, bakery) -> None:
    """E3: orphans can be found by tag."""
    names = world.names.tenant("bakery")
    wanted = {"innkeeper:platform": "innkeeper", "innkeeper:tenant": "bakery"}
    tags = world.client("iam").list_user_tags(UserName=names.user)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == wanted
    assert world.client("sqs").list_queue_tags(QueueUrl=bakery.outputs()["queue_url"])["Tags"] == wanted
    tags = world.client("sesv2").get_email_identity(EmailIdentity=BAKERY.domain)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == wanted


def test_the_user_is_bounded(world, bakery) -> None:
    user = world.client("iam").get_user(UserName=world.names.tenant("bakery").user)["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == world.names.boundary_arn


def test_only_the_named_read_a_password(world, bakery) -> None:
    """IAM's own rules on the policy as AWS has it: one account, so a Deny ends it, and else one Allow is enough."""
    names, arn = world.names.tenant("bakery"), "arn:aws:iam::{}:{}".format
    client, account = world.client("secretsmanager"), world.aws.account
    policy = parse(client.get_resource_policy(SecretId=names.secret)["ResourcePolicy"])
    role = world.client("iam").get_role_policy(RoleName=world.names.function("rotate"), PolicyName="work")
    admin = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    secret = client.describe_secret(SecretId=names.secret)["ARN"]

    def may(who, own, action="GetSecretValue"):
        asked = (f"secretsmanager:{action}", secret, {"aws:PrincipalArn": who})
        by_secret = evaluate_resource_policy(policy, Principal("AWS", who), *asked)
        return not by_secret.explicit_deny and (by_secret.allowed or evaluate(own, None, *asked).allowed)

    (operator,), site = PLATFORM.operators, arn(account, "role/bakery-site")
    drill, rotate, auditor = (world.names.function_role_arn(name) for name in ("drill", "rotate", "audit"))
    assert may(site, [])
    assert may(rotate, [role["PolicyDocument"]])
    assert may(drill, [admin])
    assert may(operator, [admin])
    assert may(arn(account, "root"), [admin])
    assert not may(operator, [])  # being named is not being allowed
    for stranger in (auditor, arn(account, "role/florist-site"), arn(account, "user/olga2"), arn(account, "role/olga")):
        assert not may(stranger, [admin])
        assert may(stranger, [admin], "PutResourcePolicy")  # the way back, and it stands in CloudTrail
        assert may(stranger, [admin], "DescribeSecret")


def test_an_apply_never_lifts_a_suspension(world) -> None:
    """E1: even one that changes the very configuration set that is switched off."""
    root = world.florist_converged.result(timeout=300).root
    names = world.names.tenant("florist")
    ses, iam = world.client("sesv2"), world.client("iam")
    ses.put_configuration_set_sending_options(ConfigurationSetName=names.configuration_set, SendingEnabled=False)
    iam.attach_user_policy(UserName=names.user, PolicyArn=world.names.suspended_policy_arn)
    root.write(world.files(FLORIST, backend=world.florist_backend, require_tls=True))
    plan = root.plan()
    assert changed(plan) == ["aws_sesv2_configuration_set.this"]
    assert lifting(plan) == []
    root.apply()
    found = ses.get_configuration_set(ConfigurationSetName=names.configuration_set)
    assert found["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert found["SendingOptions"]["SendingEnabled"] is False
    attached = iam.list_attached_user_policies(UserName=names.user)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [world.names.suspended_policy_arn]


def test_a_plan_that_would_lift_a_suspension_is_recognised(world, bakery) -> None:
    """E2: another prefix replaces the set, and a new one starts enabled. (The user is renamed and keeps its keys.)"""
    bakery.write(world.files(BAKERY, msgspec.structs.replace(PLATFORM, name="other")))
    plan = bakery.plan()
    assert lifting(plan) == ["module.tenant.aws_sesv2_configuration_set.this"]
    assert "module.tenant.aws_iam_user.smtp" not in replacements(plan)


def test_a_killed_run_leaves_a_lock_that_names_its_holder(world) -> None:
    """E4"""
    locked = world.florist_converged.result(timeout=300).locked
    assert "@" in locked.who
    assert locked.since.startswith("20")
    assert locked.lock_id in locked.hint


def test_a_killed_run_converges(world) -> None:
    """E3, E9: what it made is taken over, nothing is made twice, and the plan after that is empty."""
    converged = world.florist_converged.result(timeout=300)
    taken = dict(converged.taken)
    assert {
        'module.tenant.aws_route53_zone.this["this"]',
        "module.tenant.aws_sqs_queue.feedback",
        "module.tenant.aws_iam_user.smtp",
        "module.tenant.aws_secretsmanager_secret.smtp",
        "module.tenant.aws_sesv2_configuration_set.this",
        "module.tenant.aws_sesv2_email_identity.this",
        "module.tenant.aws_sns_topic.feedback",
    } <= taken.keys()
    assert changed(converged.plan_after) == []
    reading = f"module.tenant.{SET_AGAIN_IF_ASKED[0]}"
    assert frozenset(converged.root.state_list()) == addresses(FLORIST, world.names.tenant("florist")) | {reading}
    zones = [zone["Name"] for zone in world.client("route53").list_hosted_zones()["HostedZones"]]
    assert zones.count("florist.example.") == 1


def test_nothing_asked_for_was_missing_in_the_sandbox(world) -> None:
    world.platform_applied.result(timeout=300)
    assert world.aws.unimplemented == []


def test_a_tenant_takes_as_long_as_its_longest_chain_of_waits(world, bakery) -> None:
    """Zone and records 30 s, queue 25 s: side by side, not in a row."""
    spans = {name: span for name, span in world.spans("bakery").items() if "secret_rotation" not in name}
    took = max(end for _, end in spans.values()) - min(start for start, _ in spans.values())
    in_a_row = sum(end - start for start, end in spans.values())
    assert len(spans) == len(addresses(BAKERY, world.names.tenant("bakery"))) + 1  # and who reads the password
    assert took < 0.4 * in_a_row
