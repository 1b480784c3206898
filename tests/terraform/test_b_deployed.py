"""The deployed shape: what Terraform made runs to its end, holds a suspension against everything, and goes again."""

import json
import os
import re
import shutil

import pytest
from deployed_house import CINEMA, FLORIST, PLATFORM, DeployedHouse

from provisioner.assets import asset
from provisioner.sandbox import Sandbox
from provisioner.tf import Terraform, TerraformError, find_installation

MACHINES = asset("terraform") / "modules" / "platform" / "machines"
CLOSED = {"configuration set": False, "user policy": False, "access keys": False, "SES tenant": False}
MOVED = CINEMA.replace("cinema.example", "kino.example")
GUEST = "guest@elsewhere.example"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployed")
    with Sandbox(folder / "sandbox") as aws:
        made = DeployedHouse(folder / "sites", aws)
        made.build()
        yield made
        made.close()


def test_terraform_makes_the_definitions_that_are_tested(house) -> None:
    """The same file, filled in: names from the one place that knows them, numbers as the module's defaults."""
    client = house.client("stepfunctions")
    for name in ("audit", "collect"):
        made = client.describe_state_machine(stateMachineArn=house.names.machine_arn(name))
        values = {
            "partition": "aws",
            "function_arn": house.names.function_arn(name),
            "bucket": house.names.bucket,
            "max_concurrency": 5,
            "tolerated_failure_percent": "50.0",
            "retry_seconds": 30,
        }
        text = (MACHINES / f"{name}.asl.json").read_text()
        filled = re.sub(r"\$\{(\w+)\}", lambda found, values=values: str(values[found.group(1)]), text)
        assert json.loads(made["definition"]) == json.loads(filled)
        assert made["roleArn"].endswith(f":role{house.names.path}{house.names.machine_role(name)}")


def test_the_scheduled_machines_run_to_their_end_and_a_bad_list_is_suspended(house) -> None:
    """D9, H4: from the schedules' own targets to the levers, by the deployed package and the rendered names alone."""
    assert house.site("bakery").mail(GUEST, "Your order").accepted
    house.bounce("bakery", *(f"guest{n}@mail{n}.example" for n in range(16)))
    house.bounce_notice("anna@mail.example")
    assert house.run_machine("collect", "day")["complete"]
    assert house.objects("notices/") == ["notices/undelivered.json"]
    assert house.readback.waiting("bakery") == 0
    assert [key for key in house.objects("facts/") if "/bakery/" in key]
    assert all(house.readback.switches("bakery").values())  # 16 bounces are no flood: the week's audit decides
    ended = house.run_machine("audit", "week")
    assert re.fullmatch(r"(\d) of \1 judged", ended["summary"])
    assert ended["complete"]
    standing = house.standing("bakery")
    assert (standing["state"], standing["enforcement"]["complete"]) == ("suspended", True)
    assert standing["evidence"]["rule"] == "hard-tenant"
    assert house.readback.switches("bakery") == CLOSED
    assert not house.site("bakery").mail(GUEST, "Your order").accepted
    assert {"dashboard/index.html"} <= set(house.objects("dashboard/"))
    assert "anna@mail.example" in {mail.recipient for mail in house.aws.mailbox}
    house("reinstate", "bakery", "--reason", "the list was thrown away", "--yes")
    assert house.site("bakery").mail(GUEST, "Your order").accepted


def test_the_monthly_drill_runs_from_its_schedule(house) -> None:
    target = house.schedule("drill")
    assert (target["Arn"], target["Input"]) == (house.names.function_arn("drill"), "{}")
    suspended(house)
    client = house.client("lambda")
    with house.listening() as asked:
        answer = client.invoke(FunctionName=target["Arn"], Payload=target["Input"])
        said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    assert said["complete"], said
    assert said["tenant"] in ("bakery", "florist")  # the cinema is passed over
    # The embedded AWS asks for no permission, AWS does: whatever was called stands in the function's role.
    role = house.client("iam").get_role_policy(RoleName=house.names.function("drill"), PolicyName="work")
    statements = role["PolicyDocument"]["Statement"]
    allowed = {action for one in statements for action in as_list(one["Action"])}
    assert asked - {"lambda:Invoke"} <= allowed
    assert {"secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "iam:CreatePolicy", "ses:GetEmailIdentity"} <= asked


def as_list(value):
    return [value] if isinstance(value, str) else value


def suspended(house) -> None:
    """The cinema, suspended in its standing and in AWS, whichever test came before."""
    if house.readback.switches("cinema") != CLOSED or house.standing("cinema").get("state") != "suspended":
        house("suspend", "cinema", "--reason", "a test", "--yes")


def apply_and_retry(house) -> None:
    """E1, E3: a change of the user and of the site's name, pulled the plug while it is applied, and repeated."""
    house.upgrade()  # goes on beside this one and the next ones
    iam, user = house.client("iam"), house.names.tenant("cinema").user
    before = iam.get_user_policy(UserName=user, PolicyName="send")["PolicyDocument"]
    changed = CINEMA.replace("name: Cinema", "name: Grand Cinema") + "sending: {restrict_from: true}\n"
    house.write("tenants/cinema.yaml", changed)
    house.kill_when(
        lambda: iam.get_user_policy(UserName=user, PolicyName="send")["PolicyDocument"] != before,
        "cinema", "apply", "cinema", "--yes",
    )  # fmt: skip
    house("apply", "cinema", "--yes")
    assert house.manifest("cinema")["name"] == "Grand Cinema"


def rename_the_domain(house) -> None:
    """SES deletes no identity that an SES tenant is bound to: the apply unbinds the old one and binds the new one."""
    house.write("tenants/cinema.yaml", MOVED)
    house("apply", "cinema", "--yes")
    assert house.manifest("cinema")["domain"] == "kino.example"
    assert any("identity/kino.example" in arn for arn in house.readback.tenant_resources("cinema"))


def rename_the_id(house) -> None:
    """E13: another id with the same domain would be a new tenant in good standing."""
    old, new = (house.folder / "tenants" / f"{name}.yaml" for name in ("cinema", "kino"))
    text = old.read_text()
    old.unlink()
    new.write_text(text.replace("id: cinema", "id: kino"))
    try:
        _, err = house("onboard", "kino", "--yes", expect=1)
    finally:
        new.unlink()
        old.write_text(text)
    assert "marked as innkeeper/cinema's" in err


def rotate(house) -> None:
    """G6"""
    keys = house.client("iam").list_access_keys(UserName=house.names.tenant("cinema").user)["AccessKeyMetadata"]
    _, err = house("rotate", "cinema", "--yes", expect=1)
    assert "suspended" in err
    after = house.client("iam").list_access_keys(UserName=house.names.tenant("cinema").user)["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in after] == [key["AccessKeyId"] for key in keys]


def restore_the_state_file(house) -> None:
    """A backup that knows nothing of the cinema: everything is taken over as it is."""
    (house.folder / ".innkeeper" / "state" / "cinema.tfstate").unlink()
    out, _ = house("apply", "cinema", "--yes", "--refresh")
    assert "taken over" in out


def restore_the_standing(house) -> None:
    """D14: the object as it was before the suspension, as a person would restore it in the console."""
    good = {"schema": 1, "tenant": "cinema", "state": "good"}
    house.client("s3").put_object(
        Bucket=house.names.bucket, Key="standing/cinema.json", Body=json.dumps(good).encode()
    )
    house("audit", "cinema", "--yes")
    house("enforce", "cinema", "--yes")


def upgrade_the_platform(house) -> None:
    """Functions and guards are made anew by another version; here by other numbers."""
    process = house.upgrade()
    out, err = process.communicate(timeout=200)
    assert (process.returncode, "changed" in out) == (0, True), err


STEPS = [apply_and_retry, rename_the_domain, rename_the_id, rotate, restore_the_state_file, upgrade_the_platform,
         restore_the_standing]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_nothing_but_a_person_lifts_a_suspension(house, step) -> None:
    """Suspended x everything that is done to a tenant: all four levers closed, and the next mail is refused."""
    suspended(house)
    step(house)
    assert house.readback.switches("cinema") == CLOSED
    outcome = house.site("cinema").mail(GUEST, "Programme")
    assert outcome.refusal.startswith("535"), outcome
    assert not [mail for mail in house.aws.mailbox if mail.recipient == GUEST and "bakery" not in mail.source]


def test_a_tenant_goes_and_only_that_one_and_what_was_learned_stays(house) -> None:
    """E17, E18: not too early, not with foreign records, and killed in the middle it is finished by the next run."""
    house.write("platform.yaml", PLATFORM)
    house("offboard", "florist", "--yes", expect=5)  # it may send
    house("terminate", "florist", "--reason", "the site was sold", "--yes")
    _, err = house("offboard", "florist", "--yes", expect=5)
    assert "nothing is deleted before" in err
    house.write("platform.yaml", PLATFORM + "policy: {terminate.grace_days: 0}\n")
    foreign = record(house, "UPSERT")
    _, err = house("offboard", "florist", "--yes", expect=5)
    assert "shop.florist.example A" in err
    record(house, "DELETE", foreign)
    house.bounce("florist", "late@mail.example")
    before = len(house.objects("feedback/"))
    house.kill_when(lambda: not ses_tenants(house, "florist"), "florist", "offboard", "florist", "--yes")
    out, _ = house("offboard", "florist", "--yes")
    assert "remove our name servers" in out
    assert left_in_aws(house, "florist") == []
    assert len(left_in_aws(house, "bakery")) >= 8
    assert len(house.objects("feedback/")) > before  # what waited was stored before its queue went
    assert house.standing("florist")["state"] == "terminated"
    assert [row["tenant"] for row in json.loads(house("status", "--format", "json")[0])] == ["bakery", "cinema"]
    assert "nothing to do" in house("offboard", "florist", "--yes")[0]
    house.write("tenants/florist.yaml", FLORIST)
    _, err = house("onboard", "florist", "--yes", expect=1)
    assert "was terminated and offboarded" in err


def record(house, action, zone=None):
    """A record in the florist's zone that somebody else wrote; the zone's id."""
    route53 = house.client("route53")
    zone = zone or route53.list_hosted_zones_by_name(DNSName="florist.example")["HostedZones"][0]["Id"]
    change = {"Name": "shop.florist.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": change}]}
    )
    return zone


def ses_tenants(house, tenant):
    found = house.client("sesv2").list_tenants()["Tenants"]
    return [one["TenantName"] for one in found if one["TenantName"] == house.names.tenant(tenant).base]


def left_in_aws(house, tenant):
    """Whatever of a tenant AWS lists, by plain calls."""
    ses, iam = house.client("sesv2"), house.client("iam")
    listed = [
        *(one["Name"] for one in house.client("route53").list_hosted_zones()["HostedZones"]),
        *(one["IdentityName"] for one in ses.list_email_identities()["EmailIdentities"]),
        *ses.list_configuration_sets()["ConfigurationSets"],
        *(one["TopicArn"] for one in house.client("sns").list_topics()["Topics"]),
        *(one["SubscriptionArn"] for one in house.client("sns").list_subscriptions()["Subscriptions"]),
        *house.client("sqs").list_queues().get("QueueUrls", []),
        *(one["Name"] for one in house.client("secretsmanager").list_secrets()["SecretList"]),
        *(one["UserName"] for one in iam.list_users()["Users"]),
        *(one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]),
        *ses_tenants(house, tenant),
        *house.objects(f"fleet/{tenant}"),
    ]
    return [name for name in listed if tenant in name]


def test_the_platforms_bucket_survives_a_destroy(house, tmp_path) -> None:
    """What is in it decides who may send: Terraform refuses before it has destroyed anything."""
    root = tmp_path / "platform"
    shutil.copytree(house.folder / ".innkeeper" / "roots" / "platform", root, symlinks=True)
    environment = {**os.environ, **house.aws.environment()}
    terraform = Terraform(root, find_installation(cache=tmp_path / "cache"), env=environment)
    with pytest.raises(TerraformError, match=r"(?s)prevent_destroy|Instance cannot be destroyed") as error:
        terraform.plan(destroy=True, refresh=False)
    assert "aws_s3_bucket.this" in str(error.value)
    assert house.client("s3").head_bucket(Bucket=house.names.bucket)
