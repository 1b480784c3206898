"""H6: a week without mail and a week that nobody looked at read differently, for every tenant, whoever collected."""

from datetime import timedelta

import msgspec
import pytest
from fakes import World, ticking
from hypothesis import given
from hypothesis import strategies as st
from ses_events import NOW, delivery

from provisioner.conduct import readings
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.publish import publish
from provisioner.errors import InnkeeperError
from provisioner.ports import Conflict

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


def collect(world, *tenants, at=NOW, **more):
    return collect_all(tenants or list(world.manifests), world.outside, Drain(clock=ticking(at), threads=1), **more)


def activity(world, at=NOW + HOUR):
    """What each tenant's page says, as published."""
    report = audit(list(world.manifests), world.outside, at, Settings(workers=1))
    published = publish(report, world.outside, at, fleet=list(world.manifests))
    pages = [key.replace(".html", ".json") for key in published.pages if key.startswith("reports/")]
    said = [msgspec.json.decode(world.archive.objects[page]) for page in pages]
    return {each["tenant"]: each["activity"] for each in said}, published


def test_no_mail_and_nobody_looked_read_differently():
    world = World("bakery", "florist", "inn")
    world.publish("inn", delivery(world.manifests["inn"], "a@b.test"))
    collect(world, "bakery", "inn")
    said, published = activity(world)
    assert said == {"bakery": "none", "florist": "uncollected", "inn": "sent"}
    assert published.errors == ()
    text = world.mailer.sent[-1].text
    assert "nothing collected" in text
    assert "no mail sent" in text


def test_a_queue_that_was_not_read_to_its_end_was_not_read():
    world = World("bakery", "florist")
    world.publish("bakery", *(delivery(world.manifests["bakery"], f"a{n}@b.test") for n in range(30)))
    run = collect(world, most_each=10)
    assert run.collected[0].stopped
    assert readings.last_read(world.archive) == {"florist": NOW}


def test_a_queue_that_could_not_be_read_keeps_its_last_time():
    world = World("bakery", "florist")
    collect(world)

    def refuse():
        raise InnkeeperError("AWS refused ReceiveMessage (AccessDenied)", hint="give the role the permission")

    world.queues["florist"].receive = refuse
    assert "florist" in collect(world, at=NOW + WEEK).failed
    assert readings.last_read(world.archive) == {"bakery": NOW + WEEK, "florist": NOW}
    assert activity(world, NOW + WEEK + HOUR)[0] == {"bakery": "none", "florist": "uncollected"}


def test_a_quiet_fleet_costs_two_calls_in_all():
    """One look and one write, for one tenant as for two hundred."""
    world = World(*(f"site{n:03d}" for n in range(200)))
    calls = []
    get, put = world.archive.get, world.archive.put_if
    world.archive.get = lambda key: calls.append(key) or get(key)
    world.archive.put_if = lambda key, *rest: calls.append(key) or put(key, *rest)
    collect(world)
    assert [key for key in calls if not key.startswith("fleet/")] == [readings.KEY] * 2
    assert len(readings.last_read(world.archive)) == 200


def test_batches_write_notes_of_their_own_and_the_end_of_the_run_joins_them():
    world = World("bakery", "florist", "inn")
    collect(world, "bakery", "florist", at=NOW, batch="00001")
    collect(world, "inn", at=NOW + HOUR, batch="00002")
    assert readings.last_read(world.archive) == {}
    readings.merge(world.archive)
    expected = {"bakery": NOW, "florist": NOW, "inn": NOW + HOUR}
    assert readings.last_read(world.archive) == expected
    written = len(world.archive.versions[readings.KEY])
    readings.merge(world.archive)
    assert readings.last_read(world.archive) == expected
    assert len(world.archive.versions[readings.KEY]) == written


def test_a_tenant_that_moved_to_another_batch_keeps_its_newest_time():
    world = World("bakery", "florist")
    collect(world, "bakery", "florist", at=NOW, batch="00001")
    collect(world, "florist", at=NOW + WEEK, batch="00002")
    readings.merge(world.archive)
    assert readings.last_read(world.archive) == {"bakery": NOW, "florist": NOW + WEEK}


def test_two_collectors_at_once_lose_nothing():
    world = World("bakery", "florist")
    put, late = world.archive.put_if, iter([True])

    def contended(key, body, etag):
        if key == readings.KEY and next(late, False):
            put(key, msgspec.json.encode([{"at": NOW, "tenants": ["florist"]}]), None)
            raise Conflict(key)
        return put(key, body, etag)

    world.archive.put_if = contended
    assert collect(world, "bakery").complete
    assert readings.last_read(world.archive) == {"bakery": NOW, "florist": NOW}


def test_what_cannot_be_noted_is_told_and_nothing_collected_is_lost():
    world = World()
    world.publish("bakery", delivery(world.manifests["bakery"], "a@b.test"))
    put = world.archive.put_if

    def refuse(key, body, etag):
        if key == readings.KEY:
            raise InnkeeperError("AWS refused PutObject (AccessDenied)", hint="give the role the permission")
        return put(key, body, etag)

    world.archive.put_if = refuse
    run = collect(world)
    assert "PutObject" in run.unnoted
    assert not run.complete
    assert run.collected[0].stored == 1


@pytest.mark.parametrize("body", [b"", b"{", b'{"at": 1}', b"\xff"])
def test_a_note_that_cannot_be_read_makes_no_week_a_quiet_one_and_heals(body):
    world = World()
    collect(world)
    world.archive.plant(readings.KEY, body)
    said, published = activity(world)
    assert said == {"bakery": "uncollected"}
    assert any(readings.KEY in error for error in published.errors)
    collect(world, at=NOW + HOUR)
    assert readings.last_read(world.archive) == {"bakery": NOW + HOUR}


NAMES = st.sets(st.sampled_from(["bakery", "cinema", "florist", "inn"]))
RUNS = st.lists(st.tuples(st.integers(0, 50), NAMES, st.sampled_from(["", "00001", "00002"])), max_size=8)


@given(runs=RUNS)
def test_the_newest_time_wins_in_whatever_order_runs_end(runs):
    world = World()
    for hours, names, batch in runs:
        readings.remember(world.archive, names, NOW + hours * HOUR, batch=batch)
    readings.merge(world.archive)
    newest = {}
    for hours, names, _ in sorted(runs, key=lambda run: run[0]):
        newest.update(dict.fromkeys(names, NOW + hours * HOUR))
    assert readings.last_read(world.archive) == newest
