import smtplib
from datetime import timedelta

import pytest
from conduct_house import NOW

from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.documents import read_standing
from provisioner.conduct.enforce import enforce
from provisioner.conduct.publish import alerts

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
