"""What a tenant costs in calls, as docs/scale.md says."""

from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter
from fakes import World, ticking
from ses_events import NOW, bounce, delivery

from provisioner.conduct import batches
from provisioner.conduct.audit import Settings
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing
from provisioner.conduct.phases import act_batch, count, judge_batch

TENANTS = 50
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(days=7)


class Counted:
    def __init__(self, world):
        self.counter = CallCounter()
        self.outside = world.through(self.counter.wrap)

    def each(self):
        """Calls for each tenant; those of the batch itself are left out by the division."""
        found = Counter(self.counter.calls)
        assert len(self.counter.calls) - TENANTS * sum(n // TENANTS for n in found.values()) <= 25
        return {name: n // TENANTS for name, n in found.items() if n >= TENANTS}


def mail(world, event, at):
    for name, the in world.manifests.items():
        world.publish(name, event(the, "a@b.test", at, identity=f"{at}"))


def collect(world, outside, at):
    """A few minutes before the audit: what is so new is listed once more by the next one."""
    drain = Drain(clock=ticking(at - timedelta(minutes=9)), threads=1)
    collect_all(list(world.manifests), outside, drain, fast=False, workers=1, batch="00001")


def audit(world, at, run):
    settings = Settings(run=run, workers=1)
    names = list(world.manifests)
    judged, acted = Counted(world), Counted(world)
    judge_batch(names, judged.outside, at, settings, batch="00001")
    count(world.outside, at, settings)
    act_batch(names, acted.outside, at, settings, batch="00001")
    return judged.each(), acted.each()


WEEKS = {
    "quiet": (None, {}),
    "news on every day": (delivery, {"put_if": 4}),
    # What a rule sees is kept on record, too. A mail that is owed, a block or a suspension has calls of its own.
    "a finding": (lambda *mail, **more: bounce(*mail, kind="Transient", **more), {"put_if": 4, "put_new": 1}),
}


@pytest.mark.parametrize("week", WEEKS)
def test_calls_of_a_tenant(week):
    news, acting = WEEKS[week]
    world = World(*(f"site{n:02d}" for n in range(TENANTS)))
    batches.rebuild(world.archive)
    mail(world, delivery, NOW - HOUR)
    collect(world, world.outside, NOW)
    audit(world, NOW, "first")
    for day in reversed(range(7)):
        at = LATER - timedelta(days=day)
        if news:
            mail(world, news, at - HOUR)
        collected = Counted(world)
        collect(world, collected.outside, at)
        quiet = {"get": 1, "receive": 2, "depth": 1}
        assert collected.each() == ({"get": 1, "receive": 3, "depth": 1, "put_new": 2, "delete": 1} if news else quiet)
    assert audit(world, LATER, "second") == ({}, acting)
    assert sum(acting.values()) <= 6
    assert audit(world, LATER + timedelta(days=7), "third") == ({}, {})


def test_facts_in_no_bundle_are_read_one_by_one():
    """As collected by a person's command: a call more for each day with news."""
    world = World(*(f"site{n:02d}" for n in range(TENANTS)))
    batches.rebuild(world.archive)
    audit(world, NOW, "first")
    mail(world, delivery, LATER - HOUR)
    collect(world, world.outside, LATER)
    spoilt = [key for key in world.archive.objects if key.startswith("runs/facts/")]
    world.archive.plant(spoilt[0], msgspec.msgpack.encode(dict.fromkeys(world.archive.keys("facts/"), b"x")))
    assert audit(world, LATER, "second") == ({"get": 1}, {"put_if": 4})
    assert all(one.windows for one in (read_standing(world.archive, name)[0] for name in world.manifests))
