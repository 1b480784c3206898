"""What a run collected for a batch, once more in one object."""

from datetime import timedelta

from crash import CallCounter
from fakes import FakeArchive
from ses_events import NOW

from provisioner.conduct import bundles
from provisioner.feedback.keys import facts_key

HOUR = timedelta(hours=1)


def test_bundles_hold_what_is_small_and_are_read_where_that_saves_calls():
    archive = FakeArchive()
    bodies = {facts_key(f"t{n}", NOW, b"%d" % n * size): b"%d" % n * size for n, size in ((1, 9), (2, 9), (3, 64_001))}
    small = {key: body for key, body in bodies.items() if len(body) < 64_001}
    bundles.keep(archive, "1", NOW + HOUR, bodies)
    bundles.keep(archive, "1", NOW - HOUR, bodies)  # of an older run: not looked at
    bundles.keep(archive, "2", NOW + HOUR, dict(list(bodies.items())[:1]))  # one is no bundle
    assert len(archive.objects) == 2
    counter = CallCounter()
    assert bundles.load(counter.wrap(archive), {"1": list(bodies), "2": list(bodies)}, 1) == small
    assert counter.calls == ["keys", "keys", "get"]
    assert bundles.load(archive, {"1": list(bodies)[:1]}, 1) == {}
    archive.plant(next(iter(archive.objects)), b"{")
    assert bundles.load(archive, {"1": list(bodies)}, 1) == {}
