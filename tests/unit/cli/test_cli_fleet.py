"""A run over many tenants: who fails stops nobody else, unless nobody else could do better."""

import re
from types import SimpleNamespace

import pytest
from fakes import World
from rich.console import Console
from ses_events import NOW

from provisioner.aws.errors import LoginError
from provisioner.cli import applying, fleet
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.standing import State
from provisioner.model.tenant import Tenant
from provisioner.onboarding.changes import Change, Changes
from provisioner.onboarding.quotas import Room
from provisioner.onboarding.tenant import Plan
from provisioner.terraform.problems import NotLoggedInError

NAMES = ("baker", "butcher", "chemist", "cinema", "florist")
TENANTS = tuple(Tenant(id=name, name=name, domain=f"{name}.example", contacts=("a@home.example",)) for name in NAMES)


class Run:
    """``innkeeper apply`` with plans and applies that only note what was asked, or fail as told."""

    def __init__(self, monkeypatch, tenants=TENANTS):
        self.planned, self.applied, self.said, self.result = [], [], [], None
        self.changes = (Change(kind="change", address="a.b", what="queue"),)
        self.rooms = ()
        self.trouble = {}
        self.world = World(*NAMES)
        monkeypatch.setattr(fleet, "plan_tenant", self.plan)
        monkeypatch.setattr(fleet, "apply_tenant", self.apply)
        monkeypatch.setattr(fleet, "enforcer", lambda app, reach: None)
        monkeypatch.setattr(applying, "rooms", lambda clients: self.rooms)
        monkeypatch.setattr(applying, "Reach", lambda app: self.reach)
        monkeypatch.setattr(applying, "_show", lambda out, tenant, result: None)
        monkeypatch.setattr(applying, "_data", lambda result: result)
        self.reach = SimpleNamespace(  # noqa: S604 - no shell of an operating system
            archive=self.world.archive, clients=None, platform=SimpleNamespace(operators=("arn",)), names=None,
            require_platform=lambda: None, require_readers=lambda tenant: None,
            installation_line=lambda: "", shell=lambda *_: None,
        )  # fmt: skip
        self.app = SimpleNamespace(
            fleet=SimpleNamespace(tenants=tenants),
            chosen=lambda names: [tenant for tenant in tenants if not names or tenant.id in names],
            err=Console(quiet=True), now=lambda: NOW, say=self.said.append, confirm=lambda question, yes: None,
            emit=lambda data, text: setattr(self, "result", data),
        )  # fmt: skip

    def plan(self, tenant, shell, today, *, refresh):
        self.planned.append(tenant.id)
        changes = () if tenant.id in self.applied else self.changes
        return Plan(
            tenant=tenant.id, changes=Changes(changes), files={}, signing_zone="", state=State.GOOD, skipped=not changes
        )

    def apply(self, tenant, platform, names, plan, shell, now, *, credentials):
        if tenant.id in self.trouble:
            raise self.trouble[tenant.id]
        if not plan.skipped:
            self.applied.append(tenant.id)
        return tenant.id

    def __call__(self, *names):
        options = {"refresh": False, "adopt": (), "parallel": 1, "yes": True, "credentials": True}
        return applying.run(self.app, names, **options)


@pytest.fixture
def run(monkeypatch):
    return Run(monkeypatch)


def test_one_tenants_failure_stops_no_other_and_is_named(run):
    """E7"""
    run.trouble["butcher"] = InnkeeperError("its queue is somebody else's")
    assert run() == Exit.SOME_FAILED
    assert run.applied == ["baker", "chemist", "cinema", "florist"]
    assert run.result["failed"] == {"butcher": "its queue is somebody else's"}
    run.trouble = dict.fromkeys(NAMES, InnkeeperError("no"))
    assert run() == Exit.FAILED


@pytest.mark.parametrize(
    "ended",
    [LoginError("expired", code="ExpiredToken", operation="x", hint="log in again"), NotLoggedInError("expired")],
)
def test_credentials_that_end_stop_the_run_between_two_tenants_and_it_goes_on_where_it_was(run, ended):
    """E20"""
    run.trouble["chemist"] = ended
    assert run() == Exit.SOME_FAILED
    assert run.applied == ["baker", "butcher"]
    assert list(run.result["failed"]) == ["chemist", "cinema", "florist"]
    assert run.result["failed"]["cinema"].startswith("not started")
    del run.trouble["chemist"]
    assert run() == Exit.DONE
    assert run.applied == list(NAMES)


@pytest.mark.parametrize(
    ("used", "limit", "said"),
    [(4995, 5000, ""), (4996, 5000, "5 IAM users are to be made, and there is room for 4 (4,996 of 5,000)"),
     (5001, 5000, "there is room for 0")],
)  # fmt: skip
def test_a_quota_that_would_be_met_is_said_before_anything_is_made(run, used, limit, said):
    """E19"""
    run.changes = tuple(Change(kind="create", address=f"{kind}.x", what=kind) for kind in ("aws_iam_user", "a"))
    run.rooms = (Room("aws_iam_user", "IAM users", used, limit), Room("aws_route53_zone", "hosted zones", 500, 500))
    if not said:
        assert run() == Exit.DONE
        return
    with pytest.raises(InnkeeperError, match=re.escape(said)):
        run()
    assert run.applied == []


def test_without_anything_new_nobody_asks_for_quotas(run):
    run.rooms = None  # iterating it would fail
    assert run() == Exit.DONE


def test_a_tenant_without_a_file_is_named_and_left_alone(monkeypatch):
    """E14: also when no file is left at all."""
    run = Run(monkeypatch, tenants=TENANTS[1:])
    before = dict(run.world.archive.objects)
    assert run() == Exit.DONE
    assert "baker" not in run.planned + run.applied
    (line,) = [line for line in run.said if "no file" in line]
    assert line.startswith("baker has resources, but no file in tenants/: left as it is.")
    none = Run(monkeypatch, tenants=())
    assert none() == Exit.DONE
    assert none.planned == none.applied == []
    assert sum("no file" in line for line in none.said) == len(NAMES)
    assert run.world.archive.objects == before
    assert run("cinema") == Exit.DONE
    assert sum("no file" in line for line in run.said) == 1  # only where all are meant
