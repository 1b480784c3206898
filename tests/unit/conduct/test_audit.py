"""An audit of each tenant: what is read, trusted, carried out and told."""

from datetime import timedelta

import msgspec
import pytest
from audited import collected, condemn, fleet, run, standing
from fakes import World, manifest
from ses_events import NOW, bounce, delivery

from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.documents import standing_key, write_standing
from provisioner.conduct.enforce import Pace, enforce
from provisioner.conduct.outside import DryRunError, read_only
from provisioner.model.standing import Standing, State
from provisioner.ports import Conflict

WEEK = timedelta(days=7)


def test_the_condemned_are_stopped_and_the_others_left_alone():
    world = World("bakery", "florist")
    condemn(world, "bakery")
    world.publish("florist", delivery(world.manifests["florist"], "a@b.test"))
    collected(world)
    report = run(world)
    assert report.complete
    assert report.sentence == "2 of 2 judged"
    assert report.condemned == ("bakery",)
    assert world.levers.tenants["bakery"].shut
    assert world.levers.tenants["florist"].open
    assert standing(world).enforcement.complete
    assert any(key.startswith("verdicts/bakery/") for key in world.archive.objects)
    assert not any(key.startswith("verdicts/florist/") for key in world.archive.objects)


def test_a_second_audit_in_the_week_changes_nothing_and_mails_nobody():
    """D1, D6."""
    world = World()
    condemn(world, "bakery")
    collected(world)
    run(world)
    mails, before = len(world.mailer.sent), standing(world)
    for hours in (0, 1, 30):
        assert run(world, at=NOW + timedelta(hours=hours)).complete
    after = standing(world)
    assert len(world.mailer.sent) == mails
    assert (after.state, after.blocks, after.transitions) == (before.state, before.blocks, before.transitions)


def test_a_tenant_in_order_costs_no_look_at_its_levers():
    world = World()
    world.publish("bakery", delivery(world.manifests["bakery"], "a@b.test"))
    collected(world)
    run(world)
    run(world, at=NOW + WEEK)
    assert world.levers.reads == 0


def test_the_watermark_moves_on_and_only_what_is_new_is_read():
    world = World()
    world.publish("bakery", delivery(world.manifests["bakery"], "a@b.test"))
    collected(world)
    run(world, at=NOW + timedelta(hours=2))
    mark = standing(world).watermark
    world.publish("bakery", delivery(world.manifests["bakery"], "c@d.test", NOW + WEEK))
    collected(world, at=NOW + WEEK)
    read = []
    get = world.archive.get
    world.archive.get = lambda key: read.append(key) or get(key)
    run(world, at=NOW + WEEK + timedelta(minutes=5))
    assert len([key for key in read if key.startswith("facts/")]) == 1
    assert standing(world).watermark > mark


def test_facts_that_appear_late_under_an_older_name_are_still_read():
    """A collector that stalled between naming its object and storing it."""
    world = World()
    run(world, at=NOW)
    world.publish("bakery", bounce(world.manifests["bakery"], "gone@b.test"))
    collected(world, at=NOW - timedelta(minutes=14))
    run(world, at=NOW + WEEK)
    assert "gone@b.test" in standing(world).blocks


BROKEN = {
    "truncated": lambda body: body[:-9],
    "empty": lambda _: b"",
    "not gzip": lambda _: b"hello",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_tenant_with_broken_facts_is_not_judged_and_the_others_are(kind):
    """A7, D5: not even as good; the object is named."""
    world = World("bakery", "florist", "inn")
    for name in world.manifests:
        condemn(world, name)
    collected(world)
    key = next(key for key in world.archive.objects if key.startswith("facts/") and "/florist/" in key)
    world.archive.plant(key, BROKEN[kind](world.archive.objects[key]))
    report = run(world)
    assert report.sentence == "2 of 3 judged"
    assert key in report.not_judged["florist"]
    assert not report.complete
    assert world.levers.tenants["florist"].open
    assert standing_key("florist") not in world.archive.objects
    assert world.levers.tenants["inn"].shut


SPOILT = {
    "no JSON": lambda _: b"{",
    "a newer schema": lambda body: msgspec.json.encode({**msgspec.json.decode(body), "schema": 99}),
    "newer windows": lambda body: msgspec.json.encode({**msgspec.json.decode(body), "windows": {"schema": 99}}),
    "another tenant's": lambda body: body.replace(b'"bakery"', b'"florist"'),
    "a state that is none": lambda body: body.replace(b'"suspended"', b'"pardoned"'),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_standing_that_cannot_be_trusted_is_neither_judged_nor_lifted(kind):
    """D13, J6."""
    world = World("bakery", "florist")
    condemn(world, "bakery")
    collected(world)
    run(world)
    spoilt = SPOILT[kind](world.archive.objects[standing_key("bakery")])
    world.archive.plant(standing_key("bakery"), spoilt)
    report = run(world, at=NOW + WEEK)
    assert set(report.not_judged) == {"bakery"}
    assert world.archive.objects[standing_key("bakery")] == spoilt
    assert world.levers.tenants["bakery"].shut


def test_a_standing_that_was_lost_is_not_a_good_one():
    """D13: the tenant was judged before, so its standing must be restored, not begun anew."""
    world = World()
    condemn(world, "bakery")
    collected(world)
    run(world)
    world.archive.lose(standing_key("bakery"))
    report = run(world, at=NOW + WEEK)
    assert "restore" in report.not_judged["bakery"]
    assert standing_key("bakery") not in world.archive.objects
    assert world.levers.tenants["bakery"].shut


def test_a_manifest_of_a_newer_program_is_left_alone():
    """J6."""
    world = World()
    key = "fleet/bakery.json"
    world.archive.plant(key, world.archive.objects[key].replace(b'"schema": 1', b'"schema": 2'))
    assert "newer" in run(world).not_judged["bakery"]


def test_a_standing_from_before_a_suspension_lifts_nothing():
    """D14: restore the state before, and the state between two suspensions."""
    world = World()
    world.publish("bakery", bounce(world.manifests["bakery"], "gone@b.test"))
    collected(world)
    run(world)
    good = world.archive.objects[standing_key("bakery")]
    operator.suspend("bakery", world.outside, NOW + timedelta(hours=1), by="Ann", reason="complaints by phone")
    operator.reinstate("bakery", world.outside, NOW + timedelta(hours=2), by="Ann", reason="explained")
    between = world.archive.versions[standing_key("bakery")][-5:]
    assert world.levers.tenants["bakery"].open
    operator.suspend("bakery", world.outside, NOW + timedelta(hours=3), by="Ann", reason="again")
    assert world.levers.tenants["bakery"].shut
    backups = [good, *(body for body in between if b'"good"' in body)]
    assert len(backups) > 2
    for backup in backups:
        world.archive.plant(standing_key("bakery"), backup)
        run(world, at=NOW + WEEK)
        assert world.levers.tenants["bakery"].shut
        seen = enforce(world.manifests["bakery"], standing(world), world.outside, NOW + WEEK, check=True)
        assert "the configuration set is off" in seen.enforcement.drift


def test_two_audits_at_once_are_one():
    """D2, M3: the second writes first, at every point where the first could be overtaken."""
    for overtaken_at in range(1, 4):
        world = World()
        condemn(world, "bakery")
        collected(world)
        write, count = world.archive.put_if, iter(range(1, 100))

        def put_if(key, body, etag, write=write, count=count, world=world, overtaken_at=overtaken_at):
            if key.startswith("standing/") and next(count) == overtaken_at:
                audit(["bakery"], world.outside, NOW, Settings(workers=1))
            return write(key, body, etag)

        world.archive.put_if = put_if
        assert run(world).complete
        after = standing(world)
        assert after.state is State.SUSPENDED
        assert len(after.transitions) == 1
        assert len({notice.id for notice in after.outbox if notice.kind == "suspended"}) == 1
        assert world.levers.tenants["bakery"].shut


def test_a_reinstatement_during_an_audit_wins():
    """D19: the audit's write conflicts; judged again, the old bounces lie before the reinstatement."""
    world = World()
    condemn(world, "bakery")
    operator.suspend("bakery", world.outside, NOW - timedelta(hours=1), by="Ann", reason="to be safe")
    collected(world)
    write, done = world.archive.put_if, []

    def put_if(key, body, etag):
        if key == standing_key("bakery") and not done:
            done.append(True)
            operator.reinstate("bakery", world.outside, NOW + timedelta(minutes=1), by="Ann", reason="explained")
        return write(key, body, etag)

    world.archive.put_if = put_if
    run(world, at=NOW + timedelta(minutes=2))
    assert standing(world).state is State.GOOD
    assert world.levers.tenants["bakery"].open


def test_a_dry_run_changes_nothing_at_all():
    """D21: every port fails on writing; the bucket, the levers and the mailboxes are as before."""
    world = World("bakery", "florist")
    condemn(world, "bakery")
    collected(world)
    before = dict(world.archive.objects)
    report = run(world, dry_run=True)
    assert report.condemned == ("bakery",)
    assert world.archive.objects == before
    assert world.levers.tenants["bakery"].open
    assert not world.mailer.sent
    assert not world.operator.told


@pytest.mark.parametrize(
    "call",
    [
        lambda o, m: o.archive.put_new("x", b""),
        lambda o, m: o.archive.put_if("x", b"", None),
        lambda o, m: o.queue(m).receive(),
        lambda o, m: o.queue(m).delete([]),
        lambda o, m: o.dead_letters().receive(),
        lambda o, m: o.notices().receive(),
        lambda o, m: o.levers.set_sending(m, enabled=True),
        lambda o, m: o.levers.set_key(m, "AKIA1", active=False),
        lambda o, m: o.blocklist.write_shard(m, 1, ()),
        lambda o, m: o.blocklist.suppress(m, "a@b.test"),
        lambda o, m: o.mailer.send(None),
        lambda o, m: o.operator.tell("a", "b"),
    ],
)
def test_the_world_of_a_dry_run_refuses_every_change(call):
    """D21."""
    with pytest.raises(DryRunError, match="dry run"):
        call(read_only(World().outside), manifest())


def test_time_that_runs_out_leaves_a_mark_and_the_next_run_goes_on():
    """D4: every tenant is judged in the end, the ones left over first."""
    world = fleet(30)
    for name in world.manifests:
        world.publish(name, bounce(world.manifests[name], "gone@b.test"))
    collected(world)
    judged = set()
    for attempt in range(40):
        ticks = iter(range(10_000))
        pace = Pace(seconds_left=lambda ticks=ticks: 40.0 - next(ticks), reserve=5.0)
        report = audit(
            list(world.manifests), world.outside, NOW + timedelta(minutes=attempt), Settings(workers=1), pace=pace
        )
        assert len(report.judged) + len(report.left) == 30
        judged |= {one.tenant for one in report.judged}
        if len(judged) == 30:
            break
    assert len(judged) == 30
    assert attempt > 1


def test_a_mail_that_fails_waits_in_the_outbox_and_enforcement_does_not():
    """H1."""
    world = World()
    condemn(world, "bakery")
    collected(world)
    world.mailer.down = True
    report = run(world)
    assert world.levers.tenants["bakery"].shut
    waiting = [notice for notice in standing(world).outbox if notice.sent is None]
    assert waiting
    assert all("SendEmail" in notice.failed for notice in waiting)
    assert not any(done.errors for done in report.done)
    world.mailer.down = False
    run(world, at=NOW + timedelta(hours=1))
    assert all(notice.sent for notice in standing(world).outbox)
    assert len({mail.message_id for mail in world.mailer.sent}) == len(world.mailer.sent)


def test_notices_never_go_to_the_suspended_domain_alone():
    """H3."""
    world = World("florist")
    world.add("bakery", contacts=("owner@bakery.example",))
    condemn(world, "bakery")
    collected(world)
    run(world)
    assert all(any(not to.endswith("bakery.example") for to in mail.to) for mail in world.mailer.sent)


def test_only_one_of_two_writers_wins():
    """M3: the fake and S3 alike."""
    world = World()
    tag = write_standing(world.archive, Standing(tenant="bakery"), None)
    write_standing(world.archive, Standing(tenant="bakery", policy_hash="a"), tag)
    with pytest.raises(Conflict):
        write_standing(world.archive, Standing(tenant="bakery", policy_hash="b"), tag)


def test_the_facts_of_one_tenant_never_change_another():
    """H7, invariant 4: bakery is judged the same with and without a noisy neighbour."""
    alone, beside = World("bakery"), World("bakery", "bakery2", "bak")
    for world in (alone, beside):
        world.publish("bakery", bounce(world.manifests["bakery"], "gone@b.test"))
    for name in ("bakery2", "bak"):
        condemn(beside, name)
    for world in (alone, beside):
        collected(world)
        run(world)
    # The watermark is a time of storing, and threads store in any order.
    one, other = (msgspec.structs.replace(standing(world), watermark="") for world in (alone, beside))
    assert msgspec.to_builtins(one) == msgspec.to_builtins(other)
