"""M1: the use cases die at every outside call, before and after it takes effect, and are run again."""

from collections import Counter
from datetime import timedelta
from functools import cache

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import World, ticking
from ses_events import NOW, bounce, delivery, envelope, reject

from provisioner.conduct import notify, operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing
from provisioner.conduct.sentinel import watch
from provisioner.errors import InnkeeperError
from provisioner.feedback.facts import decode_facts
from provisioner.model.standing import State
from provisioner.report.notices import render_notice

LATER = NOW + timedelta(hours=2)


def drain(start=NOW):
    return Drain(clock=ticking(start), threads=1)


def with_feedback():
    world = World("bakery", "florist")
    bakery = world.manifests["bakery"]
    world.publish("bakery", *(bounce(bakery, f"guest{n}@mail{n}.test") for n in range(16)))
    world.publish("florist", delivery(world.manifests["florist"], "a@b.test"))
    world.queues["bakery"].send(b"poison \xff")
    return world


def collected():
    world = with_feedback()
    assert collect_all(["bakery", "florist"], world.outside, drain(), fast=False, workers=1).complete
    return world


def suspended():
    world = collected()
    audit(["bakery", "florist"], world.outside, NOW, Settings(workers=1))
    assert world.levers.tenants["bakery"].shut
    return world


def facts(world, tenant):
    keys = [key for key in world.archive.objects if key.startswith("facts/") and f"/{tenant}/" in key]
    return {event.id for key in keys for event in decode_facts(world.archive.objects[key])}


def outcome(world):
    """Everything that must not depend on where a run died."""
    standings = {}
    for tenant in world.manifests:
        standing, _ = read_standing(world.archive, tenant)
        standings[tenant] = (
            standing.state,
            sorted(standing.blocks),
            [(step.before, step.after, step.kind) for step in standing.transitions],
            sorted((notice.id, notice.kind, notice.sent is not None) for notice in standing.outbox),
            standing.enforcement and standing.enforcement.complete,
        )
    return {
        "standings": standings,
        "levers": {name: vars(world.levers.tenants[name]) for name in world.manifests},
        "suppressed": {name: sorted(world.blocklist.lists[name]) for name in world.manifests},
        "denied": {name: sorted(sum(world.blocklist.denied(m).values(), ())) for name, m in world.manifests.items()},
        "mails": {mail.message_id for mail in world.mailer.sent},
    }


def act_collect(world, outside):
    return collect_all(["bakery", "florist"], outside, drain(), fast=False, workers=1)


def act_collect_and_judge(world, outside):
    return collect_all(["bakery", "florist"], outside, drain(), workers=1)


def act_audit(world, outside):
    return audit(["bakery", "florist"], outside, NOW, Settings(workers=1))


def act_suspend(world, outside):
    return operator.suspend("bakery", outside, NOW, by="Ann", reason="asked to")


def act_reinstate(world, outside):
    return operator.reinstate("bakery", outside, LATER, by="Ann", reason="explained")


def act_watch(world, outside):
    bakery = world.manifests["bakery"]
    return watch(envelope(bakery, reject(bakery, "x@y.test")), outside, NOW, prefix="inn")


@cache
def stock(prepare):
    """Worlds are made once, and copied for every death."""
    return prepare().copies()


CASES = {
    "audit": (collected, act_audit),
    "suspend": (World, act_suspend),
    "reinstate": (suspended, act_reinstate),
    "sentinel": (World, act_watch),
}


def case(name):
    prepare, act = CASES[name]
    return stock(prepare), act


@pytest.fixture(autouse=True)
def written_once(monkeypatch):
    """The mails are the real ones; the same mail is only written once, for writing takes longer than all else here."""
    written = {}

    def render(notice, manifest, standing, *, audience):
        key = msgspec.json.encode((notice, manifest, standing.state, standing.blocks, audience))
        if key not in written:
            written[key] = render_notice(notice, manifest, standing, audience=audience)
        return written[key]

    monkeypatch.setattr(notify, "render_notice", render)


@pytest.mark.parametrize("name", CASES)
def test_dying_at_any_call_and_running_again_is_as_if_it_had_never_died(name):
    """D3, H2, A1: nothing skipped for ever, nothing decided twice; at most one mail repeated, under the same id."""
    prepare, act = case(name)
    unharmed = prepare()
    act(unharmed, unharmed.outside)
    expected = outcome(unharmed)

    def scenario(counter):
        world = prepare()
        act(world, world.through(counter.wrap))

    for number, after in deaths(scenario):
        world = prepare()
        counter = CallCounter(number, after=after)
        with pytest.raises(Killed):
            act(world, world.through(counter.wrap))
        try:
            act(world, world.outside)
        except InnkeeperError as err:
            assert "nothing" in err.hint, err  # the command had been carried out in full  # noqa: PT017
        where = f"died {'after' if after else 'before'} call {number}: {counter.calls[-1]}"
        assert outcome(world) == expected, where
        repeats = Counter(mail.message_id for mail in world.mailer.sent)
        assert sum(count - 1 for count in repeats.values()) <= 1, where


def test_a_collector_that_dies_anywhere_loses_nothing_and_stores_no_stranger():
    """A1, A2, A10, A11: everything is stored in the end, and nothing is deleted that is not."""
    calm = with_feedback()
    act_collect(calm, calm.outside)
    expected = {tenant: facts(calm, tenant) for tenant in calm.manifests}

    def scenario(counter):
        world = stock(with_feedback)()
        act_collect(world, world.through(counter.wrap))

    for number, after in deaths(scenario):
        world = stock(with_feedback)()
        counter = CallCounter(number, after=after)
        with pytest.raises(Killed):
            act_collect(world, world.through(counter.wrap))
        queued = len(world.queues["bakery"].waiting) + len(world.queues["bakery"].hidden)
        stored = facts(world, "bakery")
        assert queued == 17 or stored == expected["bakery"], counter.calls[-1]
        for queue in world.queues.values():
            queue.expire()
        assert act_collect(world, world.outside).complete
        assert {tenant: facts(world, tenant) for tenant in world.manifests} == expected
        assert len([key for key in world.archive.objects if key.startswith("quarantine/")]) == 1
        assert not any(queue.waiting or queue.hidden for queue in world.queues.values())


def test_the_verdict_after_a_broken_collection_is_the_verdict_after_a_calm_one():
    """A1: messages that were stored twice are counted once."""
    calm = with_feedback()
    act_collect(calm, calm.outside)
    act_audit(calm, calm.outside)
    expected = outcome(calm)

    def scenario(counter):
        world = stock(with_feedback)()
        act_collect(world, world.through(counter.wrap))

    for number, after in deaths(scenario)[::3]:
        world = stock(with_feedback)()
        with pytest.raises(Killed):
            act_collect(world, world.through(CallCounter(number, after=after).wrap))
        for queue in world.queues.values():
            queue.expire()
        collect_all(["bakery", "florist"], world.outside, drain(NOW + timedelta(minutes=20)), fast=False, workers=1)
        act_audit(world, world.outside)
        assert outcome(world) == expected
        assert world.levers.tenants["bakery"].shut
        assert read_standing(world.archive, "bakery")[0].state is State.SUSPENDED


class Overtaken(CallCounter):
    """Lets another run happen completely just before call ``number``."""

    def __init__(self, number, other):
        super().__init__()
        self.number, self.other = number, other

    def run(self, name, call):
        if len(self.calls) + 1 == self.number:
            self.calls.append(name)
            self.other()
            return call()
        return super().run(name, call)


def overtakings(prepare, act, other):
    """The world after ``act`` was overtaken by ``other``, for every call where that can happen."""

    def scenario(counter):
        world = prepare()
        act(world, world.through(counter.wrap))

    for number in range(1, len(deaths(scenario)) // 2 + 1):
        world = prepare()
        counter = Overtaken(number, lambda world=world: other(world, world.outside))
        act(world, world.through(counter.wrap))
        yield world, f"overtaken before call {number}: {counter.calls[number - 1]}"


@pytest.mark.parametrize("name", ["audit", "sentinel"])
def test_two_runs_at_once_are_as_one(name):
    """D2, M3: stepped through each other call by call; one decision, and each mail under one id."""
    prepare, act = case(name)
    unharmed = prepare()
    act(unharmed, unharmed.outside)
    expected = outcome(unharmed)
    for world, where in overtakings(prepare, act, act):
        assert outcome(world) == expected, where
        assert max(Counter(mail.message_id for mail in world.mailer.sent).values()) <= 2, where


def test_two_collectors_at_once_lose_nothing_and_overwrite_nothing():
    """A15: a scheduler's retry beside the first run."""
    calm = with_feedback()
    act_collect(calm, calm.outside)
    for world, where in overtakings(stock(with_feedback), act_collect, act_collect):
        for tenant in world.manifests:
            assert facts(world, tenant) == facts(calm, tenant), where
            assert not world.queues[tenant].waiting, where
        assert all(len(versions) == 1 for versions in world.archive.versions.values()), where


def test_a_suspension_overtaken_by_a_reinstatement_ends_as_the_later_word_says():
    """D19, M3: whichever call of the audit it falls on, the levers follow the standing."""

    def reinstate_if_suspended(world, outside):
        if not read_standing(world.archive, "bakery")[0].state.may_send:
            act_reinstate(world, outside)

    for world, where in overtakings(stock(collected), act_audit, reinstate_if_suspended):
        state = read_standing(world.archive, "bakery")[0].state
        switches = world.levers.tenants["bakery"]
        assert switches.open if state.may_send else switches.shut, where


@pytest.mark.parametrize("name", ["audit", "suspend", "reinstate", "sentinel"])
def test_a_use_case_whose_every_call_fails_in_turn_ends_right_when_run_again(name):
    """I1, M7: each call refused once, before it takes effect; errors are reported, never half-believed."""
    prepare, act = case(name)
    unharmed = prepare()
    act(unharmed, unharmed.outside)
    expected = outcome(unharmed)

    class Refusing(CallCounter):
        def run(self, called, call):
            self.calls.append(called)
            if len(self.calls) == self.die_at:
                raise InnkeeperError(f"AWS refused {called}", hint="nothing to do")
            return call()

    def scenario(counter):
        world = prepare()
        act(world, world.through(counter.wrap))

    for number in range(1, len(deaths(scenario)) // 2 + 1):
        world = prepare()
        counter = Refusing(number)
        for outside in (world.through(counter.wrap), world.outside):
            try:
                act(world, outside)
            except InnkeeperError as err:
                assert err.hint  # noqa: PT017
        assert outcome(world) == expected, f"refused call {number}: {counter.calls[number - 1]}"
