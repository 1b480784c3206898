"""A18: SES cannot publish, the topic refuses, the queue is not subscribed: nothing fails anywhere, nothing arrives."""

from datetime import timedelta

import pytest
from fakes import World, ticking
from ses_events import NOW, bounce, delivery

from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.silence import CYCLE_DAYS, Silence, is_its_day, listen
from provisioner.errors import InnkeeperError

DAY = timedelta(days=1)


class FakeProbe:
    """SES's own count, and canaries whose events come back if ``alive``."""

    def __init__(self, world, *, alive=True, sends=None, shut=()):
        self.world, self.alive, self.counted, self.shut = world, alive, sends or {}, shut
        self.flown, self.asked, self.down = [], [], False

    def send(self, tenant):
        if tenant.tenant in self.shut:
            raise InnkeeperError("AWS refused SendEmail (ConfigurationSetSendingPausedException)")
        self.flown.append(tenant.tenant)
        if self.alive:
            self.world.publish(tenant.tenant, delivery(tenant, "success@simulator.amazonses.com", identity="canary"))
        return "ses-1"

    def sends(self, tenants, since, until):
        if self.down:
            raise InnkeeperError("AWS refused GetMetricData")
        self.asked.append((tuple(each.tenant for each in tenants), since, until))
        return {each.tenant: self.counted[each.tenant] for each in tenants if each.tenant in self.counted}


def day(world, probe, at):
    run = collect_all(list(world.manifests), world.outside, Drain(clock=ticking(at), threads=1), fast=False)
    return listen(run, world.archive, probe, at)


def its_day(tenant, start=NOW):
    return next(start + n * DAY for n in range(CYCLE_DAYS) if is_its_day(tenant, start + n * DAY))


def test_each_tenant_has_one_day_a_week():
    for n in range(30):
        assert sum(is_its_day(f"site{n}", NOW + days * DAY) for days in range(CYCLE_DAYS)) == 1


def test_a_canary_that_comes_back_says_nothing_one_that_does_not_rings():
    for alive, silent in ((True, ()), (False, ("bakery",))):
        world = World("bakery")
        probe = FakeProbe(world, alive=alive)
        start = its_day("bakery")
        assert day(world, probe, start).flown == ("bakery",)
        assert day(world, probe, start + timedelta(minutes=5)) == Silence()  # the schedule fired twice
        assert day(world, probe, start + DAY).silent == silent
        for days in range(2, CYCLE_DAYS):
            assert day(world, probe, start + days * DAY) == Silence()
        assert probe.flown == ["bakery"]


def test_the_canary_of_a_suspended_tenant_is_refused_and_not_waited_for():
    world = World("bakery")
    probe = FakeProbe(world, shut=("bakery",))
    start = its_day("bakery")
    assert "SendingPaused" in day(world, probe, start).refused["bakery"]
    assert day(world, probe, start + DAY).silent == ()


@pytest.mark.parametrize("event", [delivery, bounce])
def test_a_tenant_that_sends_is_silent_unless_any_event_of_it_came(event):
    """By SES's own count, a day long; an event of the day before counts, one of last week does not."""
    at = its_day("bakery") + 2 * DAY
    for age, silent in ((None, ("bakery",)), (timedelta(hours=20), ()), (timedelta(days=4), ("bakery",))):
        world = World("bakery")
        probe = FakeProbe(world, sends={"bakery": 3})
        if age is not None:
            world.publish("bakery", event(world.manifests["bakery"], "guest@b.test"))
            day(world, FakeProbe(world), at - age)
        assert day(world, probe, at).silent == silent
    assert probe.asked[0][2] == at - timedelta(hours=6)


def test_a_tenant_that_sends_nothing_is_not_silent_and_one_just_heard_is_not_asked_for():
    world = World("bakery", "florist")
    world.publish("florist", delivery(world.manifests["florist"], "guest@b.test"))
    at = its_day("bakery") + 2 * DAY
    probe = FakeProbe(world)
    assert day(world, probe, at).silent == ()
    assert [tenants for tenants, _, _ in probe.asked] == [("bakery",)]


def test_without_sess_own_count_the_canaries_still_ring():
    world = World("bakery")
    probe = FakeProbe(world, alive=False)
    probe.down = True
    start = its_day("bakery")
    day(world, probe, start)
    found = day(world, probe, start + DAY)
    assert found.silent == ("bakery",)
    assert "GetMetricData" in found.error
