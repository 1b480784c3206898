from datetime import timedelta

import pytest
from fakes import FakeQueue, World, ticking
from ses_events import NOW, bounce, delivery, envelope, reject

from provisioner.conduct import readings
from provisioner.conduct.collect import Drain, collect
from provisioner.conduct.collecting import collect_all, collect_dead_letters
from provisioner.conduct.undelivered import source_of_notices
from provisioner.errors import InnkeeperError
from provisioner.feedback.facts import decode_facts
from provisioner.feedback.raw import decode_quarantine, decode_raw
from provisioner.model.names import Place, PlatformNames

NOTICES = source_of_notices(PlatformNames("inn", Place("123456789012", "eu-central-1")), "notices@innkeeper.example")


def drain(**more):
    return Drain(**{"clock": ticking(), "threads": 1, **more})


def fill(world, tenant, count):
    the = world.manifests[tenant]
    world.publish(tenant, *(delivery(the, f"guest{n}@elsewhere.test") for n in range(count)))


def keys(world, prefix):
    return [key for key in world.archive.objects if key.startswith(prefix)]


def events(world):
    return [
        e for key in keys(world, "facts/") for e in decode_facts(world.archive.objects[key], tenant=key.split("/")[2])
    ]


def test_messages_are_stored_as_they_came_and_as_facts_then_deleted():
    world = World()
    fill(world, "bakery", 25)
    done = collect(world.manifests["bakery"], world.queues["bakery"], world.archive, drain())
    assert (done.seen, done.stored, done.quarantined, done.depth, done.stopped) == (25, 25, 0, 0, "")
    assert done.events == {"delivery": 25}
    assert done.oldest == NOW
    assert len(events(world)) == 25
    raw = [record for key in keys(world, "feedback/") for record in decode_raw(world.archive.objects[key])]
    assert len(raw) == 25
    assert not world.queues["bakery"].hidden


class RefusingArchive:
    """Refuses to store under one prefix, for good."""

    def __init__(self, archive, prefix):
        self.archive, self.prefix = archive, prefix

    def __getattr__(self, name):
        return getattr(self.archive, name)

    def put_new(self, key, body):
        if key.startswith(self.prefix):
            raise InnkeeperError("AWS refused PutObject (AccessDenied)", hint="give the role the permission")
        return self.archive.put_new(key, body)


@pytest.mark.parametrize("prefix", ["feedback/", "facts/", "quarantine/"])
def test_what_cannot_be_stored_stays_in_the_queue_and_the_others_are_collected(prefix):
    """A5, A11: no delete without a stored object."""
    world = World("bakery", "florist")
    fill(world, "bakery", 3)
    world.queues["bakery"].send(b"poison")
    fill(world, "florist", 2)
    archive = RefusingArchive(world.archive, f"{prefix}")
    refused = collect(world.manifests["bakery"], world.queues["bakery"], archive, drain())
    assert "PutObject" in refused.error
    assert refused.stopped == "error"
    assert len(world.queues["bakery"].hidden) == 4
    assert collect(world.manifests["florist"], world.queues["florist"], world.archive, drain()).stored == 2


def test_one_tenant_that_fails_stops_no_other():
    """A17: queue missing for one tenant."""
    world = World("bakery", "florist", "inn")
    fill(world, "inn", 1)

    class Missing(FakeQueue):
        def receive(self):
            raise InnkeeperError("AWS refused ReceiveMessage (QueueDoesNotExist)")

    world.queues["florist"] = Missing()
    world.archive.lose("fleet/bakery.json")
    run = collect_all(["bakery", "florist", "inn"], world.outside, drain())
    assert set(run.failed) == {"bakery", "florist"}
    assert [one.stored for one in run.collected if one.tenant == "inn"] == [1]
    assert not run.complete
    assert run.sentence.startswith("2 of 3")


def test_an_empty_answer_is_not_believed_at_once():
    """A8: several empty answers in a row before giving up."""
    world = World()
    fill(world, "bakery", 30)
    queue = world.queues["bakery"]
    receive, turn = queue.receive, iter(range(1000))
    queue.receive = lambda: [] if next(turn) % 2 else receive()
    done = collect(world.manifests["bakery"], queue, world.archive, drain())
    assert done.stored == 30


def test_poison_is_set_aside_with_its_reason_and_the_batch_goes_on():
    """A10, B9: poison never stops a batch."""
    world = World()
    bodies = [b"", b"[" * 100_000, b"\xff\xfe", b"\xed\xa0\x80", b"{}", b'"text"', b"null", b"{" + b"\0" * 20]
    for body in bodies:
        world.queues["bakery"].send(body)
    fill(world, "bakery", 2)
    done = collect(world.manifests["bakery"], world.queues["bakery"], world.archive, drain())
    assert (done.seen, done.stored, done.quarantined) == (10, 2, 8)
    aside = [decode_quarantine(world.archive.objects[key]) for key in keys(world, "quarantine/bakery/")]
    assert sorted(record.content for record in aside) == sorted(bodies)
    assert all(record.reason for record in aside)


def test_a_strangers_event_counts_for_nobody_and_the_operator_is_told():
    """B1, B3, B4: another tenant's topic and another tenant's set."""
    world = World("bakery", "florist")
    florist = world.manifests["florist"]
    world.queues["bakery"].send(envelope(florist, bounce(florist, "a@b.test")))
    run = collect_all(["bakery"], world.outside, drain())
    assert (run.collected[0].security, run.collected[0].stored) == (1, 0)
    assert not events(world)
    assert "not its own" in world.operator.told[0][0]


def test_what_sqs_will_not_delete_is_stored_twice_and_counted_once():
    """A1, A3, A4: the same message again, later; the event is the same event."""
    world = World()
    fill(world, "bakery", 3)
    queue = world.queues["bakery"]
    queue.undeletable.update(queue.waiting)
    done = collect(world.manifests["bakery"], queue, world.archive, drain())
    assert done.kept_in_queue == 3
    queue.undeletable.clear()
    queue.expire()
    later = drain(clock=ticking(NOW + timedelta(hours=1)))
    again = collect(world.manifests["bakery"], queue, world.archive, later)
    assert again.stored == 3
    assert len(keys(world, "facts/")) == 2
    assert len({event.id for event in events(world)}) == 3


def test_one_message_twice_in_a_chunk_is_deleted_with_its_latest_receipt():
    """A4: the visibility time-out ended while the drain was busy."""
    world = World()
    fill(world, "bakery", 1)
    queue = world.queues["bakery"]
    receive = queue.receive

    def twice():
        found = receive()
        if queue.receives == 1:
            queue.expire()
        return found

    queue.receive = twice
    done = collect(world.manifests["bakery"], queue, world.archive, drain(most=2))
    assert (done.seen, done.stored, done.duplicate, done.kept_in_queue) == (2, 1, 1, 0)
    assert not queue.waiting
    assert not queue.hidden


def test_an_empty_run_writes_only_that_the_queue_was_read():
    """A16, H6."""
    world = World()
    before = dict(world.archive.objects)
    assert collect_all(["bakery"], world.outside, drain()).complete
    assert world.archive.objects.keys() - before.keys() == {readings.KEY}
    assert readings.last_read(world.archive) == {"bakery": NOW}


def test_it_stops_before_its_deadline_and_goes_on_next_time():
    """A14: a flood of one tenant; time is up in the middle; nothing received is thrown away."""
    world = World()
    fill(world, "bakery", 200)
    left = iter([100.0] * 6 + [1.0] * 1000)
    done = collect(
        world.manifests["bakery"], world.queues["bakery"], world.archive, drain(seconds_left=lambda: next(left))
    )
    assert done.stopped == "out of time"
    assert 0 < done.stored < 200
    assert done.stored + done.depth == 200
    rest = collect(world.manifests["bakery"], world.queues["bakery"], world.archive, drain())
    assert done.stored + rest.stored == 200


def test_a_tenant_with_very_much_leaves_room_for_the_others():
    """A14."""
    world = World("bakery", "florist")
    fill(world, "bakery", 60)
    fill(world, "florist", 5)
    run = collect_all(["bakery", "florist"], world.outside, drain(), most_each=20)
    assert [(one.tenant, one.stored, one.stopped) for one in run.collected] == [
        ("bakery", 20, "limit of this run"),
        ("florist", 5, ""),
    ]
    assert not run.complete


def test_many_threads_lose_nothing():
    world = World()
    fill(world, "bakery", 237)
    done = collect(world.manifests["bakery"], world.queues["bakery"], world.archive, drain(threads=4, chunk=50))
    assert done.stored == 237
    assert len(events(world)) == 237


def test_later_chunks_sort_after_earlier_ones():
    """What an audit remembers is the last key it judged."""
    world = World()
    fill(world, "bakery", 40)
    done = collect(world.manifests["bakery"], world.queues["bakery"], world.archive, drain(chunk=10))
    stored = [key for key in done.objects if key.startswith("facts/")]
    assert len(stored) == 4
    assert stored == sorted(stored)


def test_dead_letters_go_where_their_topic_says():
    """A13: and those of nobody into quarantine."""
    world = World("bakery", "florist")
    for name in world.manifests:
        tenant = world.manifests[name]
        world.dead_letters.send(envelope(tenant, bounce(tenant, f"guest@{name}.test")))
    world.dead_letters.send(b"whose?")
    world.dead_letters.send(
        envelope(world.manifests["bakery"], bounce(world.manifests["bakery"], "x@y.test")).replace(
            b"inn-bakery-feedback", b"inn-nobody-feedback"
        )
    )
    done = collect_dead_letters(world.outside, "inn", drain(), notices=NOTICES)
    assert (done.seen, done.stored, done.quarantined, done.error) == (4, 2, 2, "")
    assert len(keys(world, "quarantine/_nobody/")) == 2
    assert {key.split("/")[2] for key in keys(world, "facts/")} == {"bakery", "florist"}
    assert not world.dead_letters.hidden


def test_a_flood_is_judged_when_it_is_collected():
    world = World()
    bakery = world.manifests["bakery"]
    world.publish("bakery", *(bounce(bakery, f"guest{n}@mail{n}.test") for n in range(45)))
    run = collect_all(["bakery"], world.outside, drain())
    assert world.levers.tenants["bakery"].shut
    assert [one.tenant for one in run.at_once if one.done] == ["bakery"]


def test_a_virus_is_judged_when_it_is_collected():
    world = World()
    world.publish("bakery", reject(world.manifests["bakery"], "a@b.test"))
    collect_all(["bakery"], world.outside, drain())
    assert world.levers.tenants["bakery"].shut
