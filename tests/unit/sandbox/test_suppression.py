"""Which suppression list counts for a mail, and which entries of it."""

from datetime import UTC, datetime

import pytest

from provisioner.sandbox.state import REASONS, Account, ConfigurationSet, SesState, Suppressed, Suppression, Tenant
from provisioner.sandbox.suppression import record, suppressed_as

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ACCOUNT_ECHO, TENANT_ECHO = "OnAccountSuppressionList", "OnTenantSuppressionList"
NOTHING = Suppression()


def state(of_set=NOTHING, of_tenant=NOTHING, of_account=None):
    found = SesState("123456789012", "eu-west-1")
    found.configuration_sets["set"] = ConfigurationSet("set", "arn:set", suppression=of_set)
    found.tenants["tenant"] = Tenant("tenant", "tn-1", "arn:tenant", NOW, "arn:policy", suppression=of_tenant)
    found.settings = Account(suppression=of_account or Suppression(REASONS, "ACCOUNT"))
    found.suppressed = listed("account@x", "BOUNCE") | listed("angry@x", "COMPLAINT")
    found.tenants["tenant"].suppressed = listed("tenant@x", "BOUNCE") | listed("angry@x", "COMPLAINT")
    return found


def listed(address, reason):
    return {address: Suppressed(address, reason, NOW)}


def echoes(found, tenant="tenant"):
    return [suppressed_as(found, "set", tenant, address) for address in ("account@x", "tenant@x", "angry@x")]


TENANT_SCOPE = Suppression(REASONS, "TENANT")
CASES = {
    "account, both reasons": (state(), [ACCOUNT_ECHO, None, ACCOUNT_ECHO]),
    "account, bounces only": (state(of_account=Suppression(("BOUNCE",), "ACCOUNT")), [ACCOUNT_ECHO, None, None]),
    "account, no reasons": (state(of_account=Suppression((), "ACCOUNT")), [None, None, None]),
    "tenant skips the account's list": (state(of_tenant=TENANT_SCOPE), [None, TENANT_ECHO, TENANT_ECHO]),
    "tenant, bounces only": (state(of_tenant=Suppression(("BOUNCE",), "TENANT")), [None, TENANT_ECHO, None]),
    "the set's reasons with the tenant's scope": (
        state(of_set=Suppression(("BOUNCE",)), of_tenant=TENANT_SCOPE),
        [None, TENANT_ECHO, None],
    ),
    "the set's scope wins over the tenant's": (
        state(of_set=Suppression(None, "ACCOUNT"), of_tenant=TENANT_SCOPE),
        [ACCOUNT_ECHO, None, ACCOUNT_ECHO],
    ),
    "the set switches it off": (state(of_set=Suppression(())), [None, None, None]),
}


@pytest.mark.parametrize(("found", "expected"), CASES.values(), ids=CASES)
def test_which_list_counts(found, expected):
    assert echoes(found) == expected


def test_mail_that_names_no_tenant_never_meets_a_tenants_list():
    assert echoes(state(of_set=TENANT_SCOPE), tenant=None) == [ACCOUNT_ECHO, None, ACCOUNT_ECHO]


@pytest.mark.parametrize(
    ("address", "reason", "kept"),
    [
        ("new@x", "BOUNCE", True),
        ("new@x", "COMPLAINT", False),  # the set's reasons
        ("bounce+1@simulator.amazonses.com", "BOUNCE", False),
    ],
)
def test_what_is_recorded(address, reason, kept):
    found = state(of_set=Suppression(("BOUNCE",)), of_tenant=TENANT_SCOPE)
    record(found, "set", "tenant", Suppressed(address, reason, NOW))
    assert (address in found.tenants["tenant"].suppressed) is kept
    assert address not in found.suppressed
