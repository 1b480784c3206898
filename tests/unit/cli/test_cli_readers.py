"""Whoever may not read passwords plans nothing, and what protects them is said where a secret will be made."""

from types import SimpleNamespace

import msgspec
import pytest
from rich.console import Console

from provisioner.cli import fleet
from provisioner.cli.reach import Reach
from provisioner.errors import InnkeeperError
from provisioner.model.names import Place, PlatformNames
from provisioner.model.standing import State
from provisioner.model.tenant import Operator, Platform, Tenant
from provisioner.onboarding.changes import Change, Changes
from provisioner.onboarding.tenant import Plan

BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@home.example",))
OPEN = Platform(region="eu-central-1", operator=Operator(name="Op", email="op@ops.example"), sender="inn@ops.example")
CLOSED = msgspec.structs.replace(OPEN, operators=("arn:aws:iam::123456789012:user/olga",))


def reach(platform, caller="arn:aws:iam::123456789012:user/mallory", *, embedded=False):
    sts = SimpleNamespace(get_caller_identity=lambda: {"Arn": caller, "Account": "123456789012"})
    found = SimpleNamespace(
        embedded=embedded, platform=platform, _first={"sts": sts},
        names=PlatformNames("innkeeper", Place("123456789012", "eu-central-1")),
    )  # fmt: skip
    found.require_readers = lambda tenant: Reach.require_readers(found, tenant)
    return found


def test_a_stranger_plans_nothing():
    app = SimpleNamespace(err=Console(quiet=True), now=lambda: SimpleNamespace(date=lambda: None))
    plans, failed = fleet.plan_all(app, reach(CLOSED), [BAKERY], refresh=False, adopt=(), parallel=1)
    assert plans == {}
    assert "user/mallory is not one of the operators" in failed["bakery"]


def test_an_operator_goes_on_and_the_embedded_aws_shuts_nobody_out():
    reach(CLOSED, CLOSED.operators[0]).require_readers(BAKERY)
    reach(CLOSED, embedded=True).require_readers(BAKERY)
    with pytest.raises(InnkeeperError):
        reach(CLOSED).require_readers(BAKERY)


@pytest.mark.parametrize(
    ("platform", "kind", "said"), [(OPEN, "create", 1), (OPEN, "change", 0), (CLOSED, "create", 0)], ids=str
)
def test_what_protects_a_new_secret_is_said_once(platform, kind, said):
    change = Change(kind=kind, address="aws_secretsmanager_secret.smtp", what="secret")
    plan = Plan(tenant="bakery", changes=Changes((change,)), files={}, signing_zone="", state=State.GOOD)
    lines = []
    fleet.say_protection(SimpleNamespace(say=lines.append), reach(platform), {"bakery": plan, "florist": plan})
    assert len(lines) == said
