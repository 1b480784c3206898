from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes_credentials import FakeKeys, FakeSecrets

from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.names import Place, PlatformNames
from provisioner.model.standing import State
from provisioner.model.tenant import Credentials, Operator, Platform, Tenant
from provisioner.onboarding.tenant import (
    ReplacementRefusedError,
    Shell,
    apply_tenant,
    plan_tenant,
    refresh_due,
)
from provisioner.onboarding.verify import IdentityState

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
NAMES = PlatformNames("innkeeper", Place("123456789012", "eu-central-1"))
BAKERY = Tenant(id="bakery", name="Bakery", domain="bakery.example", contacts=("anna@home.example",))
ROTATED = msgspec.structs.replace(BAKERY, credentials=Credentials(rotate_every_days=90))
PLATFORM = Platform(
    region="eu-central-1", operator=Operator(name="Op", email="op@ops.example"), sender="inn@ops.example"
)


@dataclass
class World:
    """Terraform, SES and S3 in memory: what exists, and which zone SES signs with."""

    made: dict = field(default_factory=dict)  # resource -> value
    written: dict = field(default_factory=dict)
    planned: dict = field(default_factory=dict)
    ses_zone: str = "dkim.amazonses.com"
    tenants: set = field(default_factory=set)
    manifests: dict = field(default_factory=dict)
    standing: State = State.GOOD
    enforced: int = 0
    applies: int = 0
    replace: str = ""  # a type of resource
    keys: FakeKeys = field(default_factory=FakeKeys)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)

    def render(self, zone, has_password):
        return {"main.tf": BAKERY.domain, "zone": zone} | ({"rotation": "90"} if has_password else {})

    # Root
    def write(self, files):
        self.written = dict(files)

    def plan(self):
        self.planned = {k: v for k, v in self.written.items() if self.made.get(k) != v}
        changes = [
            {"address": f"module.tenant.{key}", "type": "thing",
             "change": {"actions": ["update"] if key in self.made else ["create"], "before": {}, "after": {}}}
            for key in self.planned
        ]  # fmt: skip
        if self.replace:
            changes.append({"address": f"module.tenant.{self.replace}.this",
                            "type": self.replace,
                            "change": {"actions": ["delete", "create"]}})  # fmt: skip
        return {"resource_changes": changes}

    def apply(self):
        self.made |= self.planned
        self.applies += 1

    def outputs(self):
        return {"queue_url": "https://queue", "name_servers": ["ns-1"]}

    def state_list(self):
        return list(self.made)

    # the rest
    def read(self, domain):
        return IdentityState(exists=bool(self.made), signing_zone=self.ses_zone if self.made else "")

    def ensure(self, name, resources, tags=None):
        self.tenants.add((name, *resources))
        return "arn:tenant"

    def release(self, name, resource):
        self.tenants = {bound for bound in self.tenants if resource not in bound}

    def shell(self, wrap=lambda port: port):
        world = self

        class Manifests:
            def read(self, tenant):
                return world.manifests.get(tenant)

            def write_manifest(self, manifest):
                world.manifests[manifest.tenant] = manifest

        manifests = Manifests()
        manifests.write = manifests.write_manifest

        class Enforce:
            def enforce(self, manifest):
                world.enforced += 1
                return []

        return Shell(
            root=wrap(self), render=self.render, adopt=lambda state: {},
            fingerprint=lambda files: repr(sorted(files.items())),
            identities=wrap(self), ses_tenants=wrap(self), manifests=wrap(manifests), keys=wrap(self.keys),
            secrets=wrap(self.secrets), state=lambda tenant: self.standing, enforce=wrap(Enforce()).enforce,
        )  # fmt: skip

    def outcome(self):
        return self.made, self.tenants, self.manifests, len(self.keys.list("innkeeper-bakery-smtp"))


def onboard(world, wrap=lambda port: port, tenant=BAKERY, **options):
    shell = world.shell(wrap)
    plan = plan_tenant(tenant, shell, TODAY)
    return apply_tenant(tenant, PLATFORM, NAMES, plan, shell, NOW, **options)


def test_onboarding_ends_with_a_manifest_credentials_and_the_enforcer():
    world = World()
    done = onboard(world)
    assert done.minted.created
    assert done.name_servers == ("ns-1",)
    assert world.enforced == 1
    assert world.manifests["bakery"].ses_tenant_arn == "arn:tenant"


def test_the_second_run_skips_terraform_and_changes_nothing():
    world = World()
    onboard(world)
    before = world.applies
    done = onboard(world)
    assert (world.applies, done.minted.created, done.changes.empty) == (before, False, True)


def test_a_signing_zone_that_ses_names_later_is_applied():
    world = World(ses_zone="a31d.dkim.eu-central-1.amazonses.com")
    onboard(world)
    assert world.made["zone"] == "a31d.dkim.eu-central-1.amazonses.com"
    assert world.applies == 2


def test_aws_changes_a_password_only_once_there_is_one_and_only_where_asked():
    world = World()
    onboard(world, tenant=ROTATED, credentials=False)
    assert ("rotation" in world.made, world.applies) == (False, 1)
    onboard(world, tenant=ROTATED)
    assert ("rotation" in world.made, world.applies) == (True, 2)
    onboard(world, tenant=ROTATED)
    assert plan_tenant(ROTATED, world.shell(), TODAY).skipped
    assert world.applies == 2
    never = World()
    onboard(never)
    assert "rotation" not in never.made


def test_a_schedule_that_cannot_be_set_keeps_no_enforcer_away(monkeypatch):
    world = World()
    applied = World.apply

    def apply(self):
        if "rotation" in self.planned:
            raise InnkeeperError("the function that rotates is not there")
        applied(self)

    monkeypatch.setattr(World, "apply", apply)
    with pytest.raises(InnkeeperError, match="is not there"):
        onboard(world, tenant=ROTATED)
    assert world.enforced == 1


@pytest.mark.parametrize("tenant", [BAKERY, ROTATED], ids=["by hand", "rotated by itself"])
def test_dying_at_any_call_and_running_again_ends_in_the_same_state(tenant):
    def scenario(counter, world=None):
        onboard(world or World(), counter.wrap, tenant)

    clean = World()
    onboard(clean, tenant=tenant)
    for n, after in deaths(scenario):
        world = World()
        with pytest.raises(Killed):
            scenario(CallCounter(n, after=after), world)
        onboard(world, tenant=tenant)
        made, tenants, manifests, keys = world.outcome()
        assert (made, tenants, keys) == (clean.made, clean.tenants, 1), (n, after)
        assert manifests == clean.manifests, (n, after)
        assert world.enforced >= 1


@pytest.mark.parametrize("state", [State.SUSPENDED, State.TERMINATED])
def test_replacing_what_holds_a_suspension_is_refused(state):
    """E2"""
    world = World(standing=state, replace="aws_sesv2_configuration_set")
    with pytest.raises(ReplacementRefusedError, match="would start enabled") as error:
        plan_tenant(BAKERY, world.shell(), TODAY)
    assert error.value.exit_code == Exit.REFUSED
    world.standing = State.WARNED
    assert plan_tenant(BAKERY, world.shell(), TODAY).changes.of("replace")


def test_an_identity_that_is_replaced_is_let_go_by_its_ses_tenant_first():
    """SES deletes no identity that a tenant is bound to: a change of the domain would end half-way."""
    world = World()
    onboard(world)
    assert world.tenants
    bound = []
    apply = world.apply
    world.replace, world.apply = "aws_sesv2_email_identity", lambda: (bound.append(set(world.tenants)), apply())
    shell = world.shell()
    apply_tenant(BAKERY, PLATFORM, NAMES, plan_tenant(BAKERY, shell, TODAY, refresh=True), shell, NOW)
    assert bound == [set()]
    assert world.tenants


def test_a_suspended_tenants_first_key_is_inactive():
    world = World(standing=State.SUSPENDED)
    onboard(world)
    assert [key.active for key in world.keys.list("innkeeper-bakery-smtp")] == [False]


def test_every_unchanged_tenant_is_refreshed_within_a_week():
    """E16"""
    start = date(2026, 11, 2)
    for name in ("bakery", "cinema", "school", "club", "a1", "b22"):
        refreshed, longest = start, 0
        for offset in range(1, 30):
            today = start + timedelta(days=offset)
            if refresh_due(name, refreshed.isoformat(), today):
                longest = max(longest, (today - refreshed).days)
                refreshed = today
        assert 0 < longest <= 7


def test_a_drifted_fingerprint_starts_terraform_again():
    world = World()
    onboard(world)
    world.manifests["bakery"] = msgspec.structs.replace(world.manifests["bakery"], fingerprint="other")
    assert not plan_tenant(BAKERY, world.shell(), TODAY).skipped
