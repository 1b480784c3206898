"""Who runs Innkeeper is never shut out of the passwords it mints."""

import msgspec
import pytest

from provisioner.errors import InnkeeperError
from provisioner.model.names import Place
from provisioner.model.tenant import Credentials, Operator, Platform, Tenant
from provisioner.onboarding.readers import protection, require_readers

PLACE = Place("123456789012", "eu-central-1")
ROLE = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Mail_0123456789abcdef"
USER = "arn:aws:iam::123456789012:user/ops/olga"
OPEN = Platform(region="eu-central-1", operator=Operator(name="Op", email="op@ops.example"), sender="inn@ops.example")
CLOSED = msgspec.structs.replace(OPEN, operators=(ROLE, USER))
BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@home.example",))


@pytest.mark.parametrize(
    "caller",
    [
        USER,
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Mail_0123456789abcdef/olga@ops.example",
    ],
)
def test_an_operator_goes_on(caller):
    require_readers(BAKERY, CLOSED, PLACE, caller)


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:iam::123456789012:user/olga",
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Mail/olga@ops.example",
        "arn:aws:sts::123456789012:assumed-role/olga/session",  # a role named as an operator's user is
        "arn:aws:sts::210987654321:assumed-role/AWSReservedSSO_Mail_0123456789abcdef/olga@ops.example",
    ],
)
def test_a_stranger_is_told_before_anything_changes(caller):
    with pytest.raises(InnkeeperError, match="is not one of the operators") as error:
        require_readers(BAKERY, CLOSED, PLACE, caller)
    assert "add its IAM role or user to operators" in error.value.hint
    require_readers(BAKERY, OPEN, PLACE, caller)


def test_a_reader_in_another_account_is_refused():
    role = "arn:aws:iam::210987654321:role/site"
    tenant = msgspec.structs.replace(BAKERY, credentials=Credentials(reader_role=role))
    with pytest.raises(InnkeeperError, match="is of account 210987654321"):
        require_readers(tenant, OPEN, PLACE, USER)


def test_without_operators_the_plan_says_what_protects_the_passwords():
    assert "whoever may read secrets in this account" in protection(OPEN)
    assert protection(CLOSED) == ""
