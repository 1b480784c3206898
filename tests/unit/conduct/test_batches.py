from datetime import timedelta

import msgspec
import pytest
from fakes import FakeArchive, World
from hypothesis import given
from hypothesis import strategies as st
from ses_events import NOW

from provisioner.conduct import batches
from provisioner.conduct.facts import new_keys, position
from provisioner.feedback.keys import facts_key
from provisioner.ports import Conflict


@given(st.lists(st.sampled_from([f"t{n}" for n in range(40)])), st.integers(1, 9))
def test_every_tenant_stands_in_exactly_one_batch(names, size):
    found = batches.cut(names, size)
    assert [name for batch in found for name in batch.tenants] == sorted(set(names))
    assert all(len(batch.tenants) == size for batch in found[:-1])
    assert {batch.fleet for batch in found} <= {len(set(names))}
    assert batches.cut(reversed(names), size) == found
    assert batches.load(batches.dump(found)) == found


def test_it_is_an_array_as_the_item_reader_wants_it():
    assert msgspec.json.decode(batches.dump(batches.cut(["b", "a", "c"], 2))) == [
        {"batch": "00001", "fleet": 3, "tenants": ["a", "b"]},
        {"batch": "00002", "fleet": 3, "tenants": ["c"]},
    ]
    assert msgspec.json.decode(batches.dump(())) == []


def test_onboarding_adds_and_adding_again_writes_nothing():
    world = World("bakery", "florist")
    assert batches.add(world.archive, "bakery", 2)  # no list yet: rebuilt from the manifests
    world.add("inn")
    assert batches.add(world.archive, "inn", 2)
    assert not batches.add(world.archive, "inn", 2)
    assert [b.tenants for b in batches.load(world.archive.get(batches.KEY).body)] == [("bakery", "florist"), ("inn",)]
    assert len(world.archive.versions[batches.KEY]) == 2


@pytest.mark.parametrize("spoilt", [b"", b"{", b'{"a": 1}', b'[{"tenants": 3}]', b"\xff", b"[" * 100_000])
def test_a_list_that_disagrees_with_the_manifests_is_put_right(spoilt):
    world = World("bakery", "florist")
    world.archive.plant(batches.KEY, spoilt)
    assert batches.rebuild(world.archive)
    assert not batches.rebuild(world.archive)
    world.archive.lose("fleet/florist.json")
    assert batches.rebuild(world.archive)
    assert [b.tenants for b in batches.load(world.archive.get(batches.KEY).body)] == [("bakery",)]


def test_two_that_onboard_at_once_both_stand_in_the_list():
    """M3."""
    world = World("bakery")
    batches.rebuild(world.archive)
    write, done = world.archive.put_if, []

    def put_if(key, body, etag):
        if not done:
            done.append(True)
            batches.add(world.archive, "florist")
        return write(key, body, etag)

    world.archive.put_if = put_if
    assert batches.add(world.archive, "inn")
    assert batches.load(world.archive.get(batches.KEY).body)[0].tenants == ("bakery", "florist", "inn")


def test_a_list_that_never_stops_changing_is_said():
    archive = FakeArchive()

    def put_if(key, body, etag):
        raise Conflict(key)

    archive.put_if = put_if
    with pytest.raises(Exception, match="kept changing"):
        batches.rebuild(archive)


ALIKE = ("a", "a-", "a-1", "a-a", "a0", "aa", "b")


@given(st.sets(st.sampled_from(ALIKE), min_size=1), st.sets(st.tuples(st.sampled_from(ALIKE), st.integers(0, 3))))
def test_a_batch_finds_the_facts_of_its_tenants_and_of_no_other_whatever_their_names(batch, stored):
    """F9: in keys all of ``a-1/`` comes before ``a/``, in a list of names after it: what is passed over is lost."""
    archive = FakeArchive()
    keys = {tenant: [] for tenant in batch}
    for tenant, day in sorted(stored):
        key = facts_key(tenant, NOW + timedelta(days=day), b"x")
        archive.plant(key, b"x")
        if tenant in batch:
            keys[tenant].append(key)
    assert new_keys(archive, {tenant: position(tenant, NOW) for tenant in batch}, NOW) == keys
