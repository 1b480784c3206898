"""What a tenant costs in calls, as docs/scale.md says."""

from collections import Counter
from datetime import timedelta

import pytest
from crash import CallCounter
from fakes import NOW, World, bounce, delivery, ticking

from provisioner.conduct import batches
from provisioner.conduct.audit import Settings
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.phases import act_batch, count, judge_batch

TENANTS = 50
LATER = NOW + timedelta(days=7)


class Counted:
    def __init__(self, world):
        self.counter = CallCounter()
        self.outside = world.through(self.counter.wrap)

    def each(self):
        """Calls for each tenant; those of the batch itself, a score at most, are left out by the division."""
        found = Counter(self.counter.calls)
        assert len(self.counter.calls) - TENANTS * sum(n // TENANTS for n in found.values()) <= 18
        return {name: n // TENANTS for name, n in found.items() if n >= TENANTS}


def collect(world, outside, at):
    collect_all(list(world.manifests), outside, Drain(clock=ticking(at), threads=1), fast=False)


def audit(world, at, run):
    settings = Settings(run=run, workers=1)
    names = list(world.manifests)
    judged, acted = Counted(world), Counted(world)
    judge_batch(names, judged.outside, at, settings, batch="00001")
    count(world.outside, at, settings)
    act_batch(names, acted.outside, at, settings, batch="00001")
    return judged.each(), acted.each()


NEWS = {
    "quiet": (None, {}, {}),
    "news": (delivery, {"get": 1}, {"put_if": 4}),
    # What a rule sees is kept on record, too. A mail that is owed, a block or a suspension has calls of its own.
    "a finding": (lambda *mail: bounce(*mail, kind="Transient"), {"get": 1}, {"put_if": 4, "put_new": 1}),
}


@pytest.mark.parametrize("week", NEWS)
def test_calls_of_a_tenant(week):
    news, judging, acting = NEWS[week]
    world = World(*(f"site{n:02d}" for n in range(TENANTS)))
    batches.rebuild(world.archive)
    collect(world, world.outside, NOW - timedelta(hours=2))
    audit(world, NOW, "first")
    if news:
        for name, the in world.manifests.items():
            world.publish(name, news(the, "a@b.test", LATER))
    collected = Counted(world)
    collect(world, collected.outside, LATER - timedelta(hours=2))
    quiet = {"get": 1, "receive": 2, "depth": 1}
    assert collected.each() == ({"get": 1, "receive": 3, "depth": 1, "put_new": 2, "delete": 1} if news else quiet)
    judged, acted = audit(world, LATER, "second")
    assert (judged, acted) == (judging, acting)
    assert sum(judged.values()) + sum(acted.values()) <= 6
