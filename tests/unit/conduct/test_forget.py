"""J1: a recipient asks to be forgotten."""

import gzip
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import FakeVersions, World, ticking
from ses_events import NOW, bounce, delivery

from provisioner.conduct import batches, bundles, copies, operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.carry_out import carry_out as enforce_it
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing
from provisioner.conduct.forget import Bucket, carry_out, find
from provisioner.conduct.forgotten import OBJECT
from provisioner.conduct.publish import publish
from provisioner.errors import InnkeeperError
from provisioner.feedback.erase import Person
from provisioner.feedback.facts import decode_facts
from provisioner.model.standing import State
from provisioner.rules.forgetting import marker

ANNA, JOANNA = Person("Anna@Mail.test"), "joanna@mail.test"
DAY = timedelta(days=1)


def round_(world, at, *events):
    """Feedback comes, is collected, judged and published."""
    world.publish("bakery", *events)
    drain = Drain(clock=ticking(at), threads=1)
    assert collect_all(list(world.manifests), world.outside, drain, batch="00001").complete
    report = audit(list(world.manifests), world.outside, at, Settings(workers=1))
    published = publish(report, world.outside, at, fleet=list(world.manifests))
    assert published.errors == ()


def known():
    """Anna bounced and is blocked, was mailed, is in a message set aside, in reports, verdicts and old versions."""
    world = World("bakery", "florist")
    bakery = world.manifests["bakery"]
    batches.rebuild(world.archive)
    world.queues["bakery"].send(b"poison for anna@mail.test")
    world.publish("florist", delivery(world.manifests["florist"], "eve@other.test"))
    names = ["ANNA@mail.test", JOANNA, "ben@mail.test"]
    round_(
        world,
        NOW,
        *(bounce(bakery, name, identity=f"b{n}") for n, name in enumerate(names)),
        delivery(bakery, "anna@mail.test", identity="d"),
    )
    round_(world, NOW + DAY, delivery(bakery, "carl@mail.test", NOW + DAY))
    assert any(key.startswith(bundles.PREFIX) for key in world.archive.objects)
    assert copies.key("00001") in world.archive.objects
    world.archive.plant("runs/w/judged/00001.json.gz", gzip.compress(world.archive.objects["standing/bakery.json"]))
    return world


def bucket(world, wrap=lambda port: port, **more):
    return Bucket(archive=wrap(world.archive), versions=wrap(versions_of(world)), workers=1, **more)


def versions_of(world):
    if not hasattr(world, "versions"):
        world.versions = FakeVersions(world.archive)
    return world.versions


def forget(world, who=ANNA, **more):
    where = bucket(world, **more)
    return carry_out(where, find(where, who, NOW + 2 * DAY), who, NOW + 2 * DAY)


def everything(world):
    """All bytes that the bucket holds, unpacked: current objects and old versions."""
    versions = versions_of(world)
    old = [(key, versions.read(key, number)) for key, number in versions.old("")]
    for key, body in [*world.archive.objects.items(), *old]:
        if key.startswith(bundles.PREFIX):
            held = msgspec.msgpack.decode(body, type=dict[str, bytes])
            yield key, b"\n".join(gzip.decompress(facts) for facts in held.values())
        else:
            yield key, gzip.decompress(body) if key.endswith(".gz") else body


def holding(world, text):
    return sorted({key.partition("/")[0] for key, body in everything(world) if text.encode() in body.lower()})


@pytest.fixture
def world():
    return known()


def test_the_address_is_in_no_object_and_no_version_and_the_block_holds(world):
    held = {"facts", "feedback", "quarantine", "reports", "runs", "standing", "verdicts"}
    assert held <= set(holding(world, "anna@mail.test"))
    others = {key: body for key, body in everything(world) if b"joanna@mail.test" in body}
    before = holding(world, JOANNA)
    left = forget(world)
    assert (left.keys, left.old, left.unreadable) == ((), (), {})
    for key, body in everything(world):
        assert b"anna@mail.test" not in body.lower().replace(b"joanna@mail.test", b""), key
    assert others
    assert holding(world, JOANNA) == [kind for kind in before if kind != "runs"]  # working copies were emptied

    standing, _ = read_standing(world.archive, "bakery")
    assert sorted(standing.blocks) == ["ben@mail.test", JOANNA]
    key = world.archive.get(OBJECT).body
    assert list(standing.forgotten) == [marker(key, "anna@mail.test")]
    assert marker(b"another key", "anna@mail.test") not in standing.forgotten
    assert "anna@mail.test" in world.blocklist.lists["bakery"]
    assert "anna@mail.test" in sum(world.blocklist.denied(world.manifests["bakery"]).values(), ())
    events = [e for k, b in world.archive.objects.items() if k.startswith("facts/") for e in decode_facts(b)]
    assert sorted(one.kind for one in events if not one.recipient) == ["delivery", "hard"]


def test_afterwards_it_is_judged_enforced_and_told_as_if_nothing_were(world):
    forget(world)
    world.blocklist.writes.clear()
    world.mailer.sent.clear()
    round_(world, NOW + 8 * DAY, delivery(world.manifests["bakery"], "carl@mail.test", NOW + 8 * DAY, identity="again"))
    enforce_it(world.manifests["bakery"], world.outside, NOW + 8 * DAY, must_enforce=True)
    standing, _ = read_standing(world.archive, "bakery")
    assert standing.state is State.GOOD
    assert len(standing.blocks) == 2
    assert len(standing.forgotten) == 1
    assert world.blocklist.writes == []
    assert holding(world, '"anna@mail.test') == []


def test_forgetting_twice_changes_nothing(world):
    forget(world)
    before = dict(world.archive.objects)
    assert forget(world).looked == 0
    assert world.archive.objects == before
    assert find(bucket(world), ANNA, NOW).keys == ()


def test_only_looking_changes_nothing(world):
    before = dict(world.archive.objects)
    found = find(bucket(world), ANNA, NOW)
    assert found.looked > len(found.keys) > 5
    assert world.archive.objects == before


def test_of_one_tenant_only(world):
    florist = world.manifests["florist"]
    world.publish("florist", bounce(florist, "anna@mail.test"))
    round_(world, NOW + 2 * DAY)
    forget(world, tenants=frozenset({"florist"}))
    assert "anna@mail.test" in read_standing(world.archive, "bakery")[0].blocks
    assert "anna@mail.test" not in read_standing(world.archive, "florist")[0].blocks


def test_m1_dying_anywhere_and_asking_again_forgets_all_the_same():
    base = known().archive
    # One of each kind is enough to die at.
    kinds = {key.partition("/")[0]: key for key in base.objects if ANNA.may_be_in(base.objects[key])}
    kinds |= {key.partition("/")[0]: key for key in base.objects if key.startswith(("facts/", "feedback/"))}

    def copy():
        world = World("bakery")
        for key in kinds.values():
            for body in base.versions[key][-3:]:
                world.archive.plant(key, body)
        return world

    def scenario(counter, world):
        where = bucket(world, lambda port: _Writes(port, counter))
        carry_out(where, find(where, ANNA, NOW), ANNA, NOW)

    for at, after in deaths(lambda counter: scenario(counter, copy())):
        world = copy()
        with pytest.raises(Killed):
            scenario(CallCounter(at, after=after), world)
        forget(world)
        assert not [key for key, body in everything(world) if b'"anna@mail.test' in body.lower()], (at, after)
        standing, _ = read_standing(world.archive, "bakery")
        assert list(standing.forgotten) == [marker(world.archive.get(OBJECT).body, "anna@mail.test")]


class _Writes:
    """Counts only what changes something: looking can be repeated."""

    def __init__(self, port, counter):
        self.port, self.counted = port, counter.wrap(port)

    def __getattr__(self, name):
        return getattr(self.counted if name in ("put_new", "put_if", "remove") else self.port, name)


def test_a_forgotten_block_ends_at_its_time_or_by_a_persons_word():
    world = World()
    bakery = world.manifests["bakery"]
    for name, until in (("anna@mail.test", NOW + 30 * DAY), ("ben@mail.test", None)):
        operator.block("bakery", name, world.outside, NOW, by="Eve", reason="asked for it", until=until)
        forget(world, Person(name))
    assert world.blocklist.lists["bakery"] == {"anna@mail.test", "ben@mail.test"}
    assert read_standing(world.archive, "bakery")[0].blocks == {}

    given = {"by": "Eve", "reason": "they wrote again"}
    operator.unblock("bakery", "Ben@mail.test", world.outside, NOW + DAY, **given)
    assert world.blocklist.lists["bakery"] == {"anna@mail.test"}
    assert sum(world.blocklist.denied(bakery).values(), ()) == ("anna@mail.test",)
    with pytest.raises(InnkeeperError, match="not blocked"):
        operator.unblock("bakery", "carl@mail.test", world.outside, NOW + DAY, **given)

    audit(["bakery"], world.outside, NOW + 29 * DAY, Settings(workers=1))
    assert world.blocklist.lists["bakery"] == {"anna@mail.test"}
    audit(["bakery"], world.outside, NOW + 31 * DAY, Settings(workers=1))
    assert world.blocklist.lists["bakery"] == set()
    assert world.blocklist.denied(bakery) == {}


def test_whatever_a_person_typed_is_blocked_and_forgotten_as_events_call_it():
    """B17, J1: and so are blocks that were kept as typed."""
    world, typed, found = World(), "Anna <Anna@Bücher.example>", "anna@xn--bcher-kva.example"
    operator.block("bakery", typed, world.outside, NOW, by="Eve", reason="asked for it")
    assert list(read_standing(world.archive, "bakery")[0].blocks) == [found]
    old = world.archive.objects["standing/bakery.json"].replace(found.encode(), "anna@bücher.example".encode())
    world.archive.plant("standing/bakery.json", old)
    world.blocklist.lists["bakery"] = {"anna@bücher.example"}
    world.blocklist.shards["bakery"] = {1: ("anna@bücher.example",)}
    assert forget(world, Person(typed)).keys == ()
    enforce_it(world.manifests["bakery"], world.outside, NOW, must_enforce=True)
    assert read_standing(world.archive, "bakery")[0].blocks == {}
    assert world.blocklist.lists["bakery"] == {"anna@bücher.example"}
    assert world.blocklist.denied(world.manifests["bakery"]) == {1: ("anna@bücher.example",)}


def test_without_the_key_nothing_is_taken_off_and_a_suspension_still_works(world):
    forget(world)
    world.archive.lose(OBJECT)
    with pytest.raises(InnkeeperError, match="forget/key is gone"):
        operator.unblock("bakery", JOANNA, world.outside, NOW + 2 * DAY, by="Eve", reason="asked")
    operator.suspend("bakery", world.outside, NOW + 2 * DAY, by="Eve", reason="asked")
    assert world.levers.tenants["bakery"].shut
    assert "anna@mail.test" in world.blocklist.lists["bakery"]


def test_what_cannot_be_read_is_named_and_stops_nothing(world):
    world.archive.plant("facts/2026-11-25/bakery/broken.ndjson.gz", b"\x1f\x8b")
    left = forget(world)
    assert list(left.unreadable) == ["facts/2026-11-25/bakery/broken.ndjson.gz"]
    assert "anna@mail.test" not in read_standing(world.archive, "bakery")[0].blocks
