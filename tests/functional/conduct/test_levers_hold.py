import smtplib
from datetime import timedelta

import msgspec
import pytest
from ses_events import NOW

from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.documents import read_standing, standing_key, write_manifest
from provisioner.conduct.enforce import enforce
from provisioner.conduct.publish import alerts
from provisioner.errors import InnkeeperError
from provisioner.model.standing import Standing
from provisioner.onboarding.credentials import mint
from provisioner.onboarding.rotating import Rotation, next_token, step
from provisioner.rules.storage import dump_standing

LATER = NOW + timedelta(hours=1)


def suspend(house, tenant="bakery"):
    return operator.suspend(tenant, house.outside, NOW, by="Ann", reason="a test")


def keys(house, tenant):
    return [key.id for key in house.wiring.keys.list(tenant.user)]


def refusal(house, tenant, **how):
    """What the SMTP client of a suspended tenant sees."""
    with pytest.raises((smtplib.SMTPAuthenticationError, smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as no:
        house.mail(tenant, "guest@elsewhere.test", **how)
    return no.value.smtp_code


def test_a_suspended_tenant_that_helps_itself_is_refused_each_time(house):
    """D18: a second key, no tenant header, another set in the header; each lever holds alone."""
    bakery = house.tenant("bakery")
    house.wiring.keys.create(bakery.user)
    suspend(house)
    assert refusal(house, bakery) == 535
    # As if the keys had not become inactive everywhere yet: the Deny policy holds.
    for key in keys(house, bakery):
        house.wiring.keys.set_active(bakery.user, key, active=True)
    assert refusal(house, bakery) == 554
    assert refusal(house, bakery, header=False) == 554
    assert refusal(house, bakery, configuration_set=house.names.configuration_set) == 554
    # And without the policy: the set is off, and no other set is allowed.
    house.wiring.levers.set_denied(bakery, denied=False)
    assert refusal(house, bakery, header=False) == 554
    assert refusal(house, bakery, configuration_set=house.names.configuration_set) == 554
    # Everything that was opened is closed again by the next run, and the operator is told.
    done = carry_out(bakery, house.outside, LATER)
    assert done.enforced.reopened
    assert refusal(house, bakery) == 535
    assert not house.aws.mailbox or all("guest@" not in mail.recipient for mail in house.aws.mailbox)


@pytest.mark.parametrize(
    ("service", "operation", "words"),
    [
        ("iam", "AttachUserPolicy", "attach the policy"),
        ("sesv2", "PutConfigurationSetSendingOptions", "switch the configuration set off"),
        ("iam", "UpdateAccessKey", "make access key"),
        ("sesv2", "UpdateReputationEntityCustomerManagedStatus", "pause the SES tenant"),
    ],
)
def test_a_lever_that_aws_refuses_is_named_and_pulled_by_the_next_run(house, service, operation, words):
    """D7: the others hold; "complete" only after reading back."""
    bakery = house.tenant("bakery")
    house.aws.faults.add(service, operation, "denied", times=None)
    done = suspend(house).done
    assert not done.enforced.enforcement.complete
    assert [w for w in done.enforced.enforcement.missing if w.startswith(words) and operation in w]
    assert refusal(house, bakery) in (535, 554)
    standing, _ = read_standing(house.outside.archive, "bakery")
    assert not standing.enforcement.complete
    house.aws.faults.clear()
    report = audit(["bakery"], house.outside, LATER, Settings())
    assert report.complete
    standing, _ = read_standing(house.outside.archive, "bakery")
    assert standing.enforcement.complete


def rotated(house, tenant):
    """G6: as Secrets Manager asks for it."""
    one = Rotation(
        manifest=tenant, keys=house.wiring.keys, secrets=house.wiring.secrets, archive=house.wiring.archive,
        state=lambda: read_standing(house.wiring.archive, tenant.tenant)[0].state,
        probe=lambda *_: pytest.fail("it logged in"), clock=lambda: LATER,
    )  # fmt: skip
    with pytest.raises(InnkeeperError, match="suspended"):
        step(one, "createSecret", next_token(one))


def minted_anew(house, tenant):
    """The password was lost, so a repeated onboarding makes another: its key is born active."""
    client = house.wiring.clients["secretsmanager"]
    client.delete_secret(SecretId=tenant.secret, ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=tenant.secret)
    state = read_standing(house.outside.archive, tenant.tenant)[0].state
    for key in keys(house, tenant):
        house.wiring.keys.delete(tenant.user, key)
    mint(tenant, house.wiring.keys, house.wiring.secrets, active=state.may_send)


def retried(house, tenant):
    """Enforced again and again, through a fault, and judged again."""
    house.aws.faults.add("iam", "ListAttachedUserPolicies", "throttled", times=1)
    for hour in range(3):
        carry_out(tenant, house.outside, LATER + timedelta(hours=hour))
    audit([tenant.tenant], house.outside, LATER + timedelta(days=7), Settings())


def standing_restored(house, tenant):
    """D14: the object as it was before."""
    body = dump_standing(Standing(tenant=tenant.tenant))
    house.wiring.clients["s3"].put_object(Bucket=house.names.bucket, Key=standing_key(tenant.tenant), Body=body)
    retried(house, tenant)


def manifest_restored(house, tenant):
    """An older one, of before it had an SES tenant; then the right one again."""
    older = msgspec.structs.replace(tenant, ses_tenant=None, ses_tenant_arn=None)
    for manifest in (older, tenant):
        write_manifest(house.wiring.archive, manifest)
        retried(house, manifest)


@pytest.mark.parametrize("step_", [rotated, minted_anew, retried, standing_restored, manifest_restored])
def test_no_rotation_retry_or_restored_backup_lifts_a_suspension(house, step_):
    bakery = house.tenant("bakery")
    suspend(house)
    step_(house, bakery)
    aws = house.wiring.levers.read(bakery)
    assert (aws.set_enabled, aws.denied, aws.active_keys, aws.tenant_enabled) == (False, True, (), False)
    assert refusal(house, bakery) == 535


def test_a_check_by_hand_finds_what_a_person_changed_in_the_console(house):
    """D17."""
    bakery = house.tenant("bakery")
    house.wiring.levers.set_sending(bakery, enabled=False)
    standing, _ = read_standing(house.outside.archive, "bakery")
    seen = enforce(bakery, standing, house.outside, NOW, check=True)
    assert seen.enforcement.drift == ("the configuration set is off",)
    carry_out(bakery, house.outside, NOW)
    assert not house.wiring.levers.read(bakery).set_enabled


def test_a_blocked_recipient_is_out_of_reach_with_and_without_the_header(house):
    bakery, florist = house.tenant("bakery"), house.tenant("florist")
    operator.block("bakery", "guest@elsewhere.test", house.outside, NOW, by="Ann", reason="asked to")
    assert refusal(house, bakery) == 554
    assert refusal(house, bakery, header=False) == 554
    house.mail(bakery, "other@elsewhere.test", header=False)
    house.mail(florist, "guest@elsewhere.test")
    operator.unblock("bakery", "guest@elsewhere.test", house.outside, LATER, by="Ann", reason="asked back")
    house.mail(bakery, "guest@elsewhere.test")
    reached = [m.recipient for m in house.aws.mailbox if m.recipient.endswith("@elsewhere.test")]
    assert reached == ["other@elsewhere.test", "guest@elsewhere.test", "guest@elsewhere.test"]


def test_an_account_that_amazon_stopped_is_told_through_sns(house):
    """D16."""
    house.tenant("bakery")
    house.aws.ses.settings.enforcement_status = "SHUTDOWN"
    report = audit(["bakery"], house.outside, NOW, Settings())
    assert alerts(report)
