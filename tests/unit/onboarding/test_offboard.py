"""The end of a tenant: not too early, never while it could send, nothing lost, and killed anywhere it is finished."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from crash import CallCounter, Killed, deaths
from fakes_credentials import FakeKeys

from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Manifest, Offboarded
from provisioner.model.standing import Standing, State, Transition
from provisioner.model.tenant import Tenant
from provisioner.onboarding.offboard import OffboardRefusedError, Shell, offboard_tenant, plan_offboarding
from provisioner.onboarding.used_before import UsedBeforeError, refuse_used_before

ENDED = datetime(2026, 11, 1, 8, tzinfo=UTC)
GRACE = timedelta(days=14)
NOW = ENDED + GRACE
BAKERY = Manifest(
    tenant="bakery", name="Bakery", domain="bakery.example", account="1", region="eu-central-1", prefix="inn",
    configuration_set="inn-bakery", topic_arn="arn:topic", queue_url="https://queue", user="inn-bakery-smtp",
    secret="inn/bakery/smtp", ses_tenant="inn-bakery", ses_tenant_arn="arn:tenant", contacts=("a@mail.example",),
    from_address="wordpress@bakery.example", from_name="Bakery", operator="o@ops.example", notices_from="n@ops.example",
)  # fmt: skip
STATE = ["aws_sqs_queue.feedback", "aws_iam_user.smtp", "aws_sesv2_configuration_set.this",
         "aws_sesv2_email_identity.this", "aws_route53_record.spf", "aws_route53_zone.this"]  # fmt: skip
SPF = ("TXT", "bounce.bakery.example")
OURS = [SPF, ("NS", "bakery.example"), ("SOA", "bakery.example")]


def terminated(at=ENDED):
    step = Transition(id="1", at=at, before=State.SUSPENDED, after=State.TERMINATED)
    return Standing(tenant="bakery", state=State.TERMINATED, since=at, transitions=(step,))


@dataclass
class World:
    """AWS with the refusals that matter here, Terraform's state, and the bucket."""

    state: list = field(default_factory=lambda: list(STATE))
    zone: list = field(default_factory=lambda: list(OURS))
    open: bool = True
    policies: set = field(default_factory=lambda: {"suspended", "blocks-1"})
    ses_tenant: bool = True
    queued: int = 3
    stored: int = 0
    orphans: tuple = ()
    gone: dict = field(default_factory=dict)
    tenants: set = field(default_factory=lambda: {"bakery", "cinema"})
    planned: list = field(default_factory=list)
    lever_refused: bool = False
    unread: str = ""
    keys: FakeKeys = field(default_factory=FakeKeys)

    def __post_init__(self):
        self.keys.create(BAKERY.user)

    # Terraform
    def write(self, files):
        assert files == {"backend.tf": ""}

    def plan(self):
        self.planned = list(self.state)
        return {"resource_changes": [self._deletion(address) for address in self.planned]}

    def _deletion(self, address):
        kind = address.partition(".")[0]
        before = {"zone_id": "Z1"} if "zone" in kind else {"type": SPF[0], "name": SPF[1]} if "record" in kind else {}
        change = {"actions": ["delete"], "before": before, "after": None}
        return {"address": f"module.tenant.{address}", "type": kind, "change": change}

    def apply(self):
        for address in self.planned:
            self.destroyer.destroy(address)

    def destroy(self, address):
        """One resource, and then the state is written: a kill may come between any two."""
        assert not self.open, "something is deleted while mail could go out"
        kind = address.partition(".")[0]
        if kind == "aws_sqs_queue":
            assert not self.queued, "feedback is lost with its queue"
        if kind == "aws_iam_user":
            assert not [*self.keys.list(BAKERY.user), *self.policies], "DeleteConflict"
        if kind == "aws_route53_record":
            self.zone = [record for record in self.zone if record != SPF]
        if kind in ("aws_sesv2_configuration_set", "aws_sesv2_email_identity"):
            assert not self.ses_tenant, "ConflictException"
        if address in self.state:
            self.state.remove(address)

    # the rest
    def enforce(self, manifest):
        assert (manifest.ses_tenant is not None) == self.ses_tenant
        self.open = self.lever_refused
        return ["the configuration set is on"] if self.lever_refused else []

    def collect(self, manifest):
        if not self.unread:
            self.stored, self.queued = self.stored + self.queued, 0
        return self.unread

    def detach_all(self, manifest):
        self.policies.clear()

    def exists(self, name):
        return self.ses_tenant

    def delete(self, name):
        self.ses_tenant = False

    def retire(self, gone: Offboarded):
        self.gone[gone.manifest.tenant] = gone.manifest
        self.tenants.discard(gone.manifest.tenant)

    def shell(self, wrap=lambda port: port):
        port = wrap(self)
        self.destroyer = port
        return Shell(
            root=port, files={"backend.tf": ""}, records=lambda zone: self.zone, enforce=port.enforce,
            collect=port.collect, keys=wrap(self.keys), policies=port, ses_tenants=port,
            leftovers=lambda manifest: self.orphans, registry=port,
        )  # fmt: skip


def offboard(world, wrap=lambda port: port):
    shell = world.shell(wrap)
    return offboard_tenant(plan_offboarding(BAKERY, terminated(), GRACE, shell, NOW), shell, NOW)


def untouched(world):
    return (world.state, world.queued, len(world.policies), world.tenants) == (STATE, 3, 2, {"bakery", "cinema"})


def ended(world):
    return (world.state, world.policies, world.ses_tenant, world.tenants, world.stored, world.gone) == (
        [], set(), False, {"cinema"}, 3, {"bakery": BAKERY},
    )  # fmt: skip


def test_all_of_it_goes_and_what_was_learned_stays():
    world = World()
    offboard(world)
    assert ended(world)
    assert not world.keys.list(BAKERY.user)


def test_killed_at_any_call_and_run_again_it_is_finished():
    """E18: also between two resources, while Terraform destroys."""
    for n, after in deaths(lambda counter: offboard(World(), counter.wrap)):
        world = World()
        with pytest.raises(Killed):
            offboard(world, CallCounter(n, after=after).wrap)
        if "bakery" in world.tenants:  # else the command finds it among those that are gone
            offboard(world)
        assert ended(world), (n, after)


@pytest.mark.parametrize(
    ("standing", "now", "words"),
    [
        (Standing(tenant="bakery"), NOW, "bakery is good"),
        (Standing(tenant="bakery", state=State.SUSPENDED, since=ENDED), NOW, "bakery is suspended"),
        (terminated(), NOW - timedelta(seconds=1), "nothing is deleted before 2026-11-15 08:00"),
        (terminated(NOW), NOW, "terminated on 2026-11-15"),
        (Standing(tenant="bakery", state=State.TERMINATED), NOW, "nobody knows when"),
    ],
    ids=["sends", "suspended", "a second early", "just now", "no date"],
)
def test_nothing_is_deleted_before_its_time(standing, now, words):
    world = World()
    with pytest.raises(OffboardRefusedError, match=words) as error:
        plan_offboarding(BAKERY, standing, GRACE, world.shell(), now)
    assert error.value.exit_code == Exit.REFUSED
    assert untouched(world)


def test_a_record_that_somebody_else_wrote_stops_it():
    """E17"""
    world = World(zone=[*OURS, ("MX", "bakery.example"), ("NS", "shop.bakery.example")])
    with pytest.raises(OffboardRefusedError, match=r"bakery.example MX, shop.bakery.example NS"):
        plan_offboarding(BAKERY, terminated(), GRACE, world.shell(), NOW)
    assert untouched(world)


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (World(lever_refused=True), "closed, so nothing was deleted: the configuration set is on"),
        (World(unread="AWS refused ReceiveMessage"), "so nothing was deleted: AWS refused ReceiveMessage"),
    ],
    ids=["a lever is open", "feedback waits"],
)
def test_what_cannot_be_closed_or_collected_is_not_deleted(world, words):
    with pytest.raises(InnkeeperError, match=words):
        offboard(world)
    assert untouched(world)


def test_what_terraform_does_not_know_is_named_and_the_tenant_stays_listed():
    world = World(orphans=("topic arn:topic",))
    with pytest.raises(InnkeeperError, match=r"does not know it: topic arn:topic"):
        offboard(world)
    assert "bakery" in world.tenants
    world.orphans = ()
    offboard(world)
    assert ended(world)


@pytest.mark.parametrize(
    ("tenant_id", "domain", "words"),
    [("bakery", "new.example", "the id bakery"), ("bakers", "bakery.example", "the domain bakery.example")],
)
def test_an_id_or_a_domain_is_not_simply_used_again(tenant_id, domain, words):
    """D20"""
    again = Tenant(id=tenant_id, name="Again", domain=domain, contacts=("a@mail.example",))
    with pytest.raises(UsedBeforeError, match=f"{words} belonged to bakery, .* on 2026-11-15"):
        refuse_used_before(again, Offboarded(at=NOW, manifest=BAKERY))
    refuse_used_before(again, None)
