from datetime import timedelta

import msgspec
import pytest
from fakes import FakeAccount, World, manifest, ticking
from ses_events import NOW, bounce, delivery

from provisioner.conduct import operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing, standing_key, write_standing
from provisioner.conduct.enforce import Pace, enforce
from provisioner.conduct.outside import DryRunError, read_only
from provisioner.conduct.publish import publish
from provisioner.errors import InnkeeperError
from provisioner.model.standing import Standing, State
from provisioner.ports import AccountRates, AccountState, Conflict

WEEK = timedelta(days=7)


def collected(world, *, at=NOW):
    assert not collect_all(list(world.manifests), world.outside, Drain(clock=ticking(at), threads=1), fast=False).failed


def condemn(world, tenant, *, at=NOW):
    """Sixteen bounces at sixteen providers: enough for a suspension by the standard policy."""
    world.publish(tenant, *(bounce(world.manifests[tenant], f"guest{n}@mail{n}.test", at) for n in range(16)))


def run(world, *, at=NOW, tenants=None, **settings):
    return audit(tenants or list(world.manifests), world.outside, at, Settings(workers=1, **settings))


def standing(world, tenant="bakery"):
    return read_standing(world.archive, tenant)[0]


def fleet(count):
    return World(*(f"site{n:03d}" for n in range(count)))


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


def test_a_run_that_would_stop_half_the_fleet_stops_itself():
    """D15: 60 of 500; nothing is changed, the numbers and the way out are named."""
    world = fleet(60)
    for name in list(world.manifests)[:8]:
        condemn(world, name)
    collected(world)
    report = run(world)
    assert "8 of 60" in report.stopped
    assert "limit is 6" in report.stopped
    assert "--force" in report.stopped
    assert not report.complete
    assert all(world.levers.tenants[name].open for name in world.manifests)
    assert not any(key.startswith("standing/") for key in world.archive.objects)
    assert not world.mailer.sent
    assert "too many" in world.operator.told[0][0]
    assert run(world, force=True).complete
    assert sum(world.levers.tenants[name].shut for name in world.manifests) == 8


def test_the_limit_holds_when_a_run_is_taken_up_again():
    """D15: three were stopped already this week; the next ones are not let through in small portions."""
    world = fleet(10)
    names = list(world.manifests)
    for name in names[:5]:
        condemn(world, name)
    collected(world)
    assert run(world, tenants=names[:3], fleet=10).complete
    assert "5 of 10" in run(world, tenants=names[3:], fleet=10).stopped
    assert [world.levers.tenants[name].shut for name in names[:5]] == [True, True, True, False, False]


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


@pytest.mark.parametrize(
    "state",
    [
        AccountState(sending_enabled=False, production=True, enforcement="HEALTHY"),
        AccountState(sending_enabled=True, production=True, enforcement="SHUTDOWN"),
    ],
)
def test_an_account_that_aws_stopped_is_told_at_once_and_nobody_is_blamed(state):
    """D16: told through SNS, since SES sends nothing."""
    world = World()
    world.account = FakeAccount(state)
    world.mailer.down = True
    world.publish("bakery", delivery(world.manifests["bakery"], "a@b.test"))
    collected(world)
    report = run(world)
    assert report.sentence == "1 of 1 judged"
    assert standing(world).state is State.GOOD
    assert "whole account" in world.operator.told[0][0]


def test_an_outage_of_a_mailbox_provider_suspends_nobody():
    world = fleet(20)
    for name in world.manifests:
        the = world.manifests[name]
        world.publish(name, *(bounce(the, f"guest{n}@bigmail.test", NOW - timedelta(hours=3)) for n in range(16)))
    collected(world)
    report = run(world)
    assert [outage.provider for outage in report.outages] == ["bigmail.test"]
    assert not report.condemned
    assert not report.stopped


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


def test_an_account_that_cannot_be_read_stops_the_run_before_anything_changes():
    world = World()

    class Silent(FakeAccount):
        def read(self):
            raise InnkeeperError("AWS refused GetAccount")

    world.account = Silent()
    with pytest.raises(InnkeeperError, match="GetAccount"):
        run(world)


def test_near_amazons_limit_the_worst_contributor_is_judged_strictly_and_the_operator_told():
    """Amazon stops the account, not the tenant."""
    world = World("bakery", "florist")
    world.publish("bakery", *(bounce(world.manifests["bakery"], f"guest{n}@mail{n}.test") for n in range(12)))
    world.publish("florist", bounce(world.manifests["florist"], "gone@b.test"))
    collected(world)
    assert run(world, dry_run=True).condemned == ()
    world.account.measured = AccountRates(bounce_rate=0.045)
    report = run(world)
    assert report.guard.strict == ("bakery",)
    assert [one.case.policy.profile for one in sorted(report.judged, key=lambda one: one.tenant)] == [
        "strict",
        "standard",
    ]
    assert "Amazon's limit" in world.operator.told[0][0]
    assert "bakery" in world.operator.told[0][1]
    assert run(world, tenants=["florist"], at=NOW + WEEK).guard.strict == ()


def test_pages_are_written_for_all_and_the_digest_is_mailed_once_a_week():
    """H6, H7: one report per tenant, from its own objects; the second run of the week mails nothing."""
    world = World("bakery", "florist")
    condemn(world, "bakery")
    collected(world)
    report = run(world)
    published = publish(report, world.outside, NOW, fleet=list(world.manifests))
    assert published.errors == ()
    assert published.digest_sent
    (_, _, attached) = world.mailer.sent[-1].attachments[0]
    assert attached == world.archive.objects["dashboard/fleet.csv"]
    week = "2026-W48"
    assert set(published.pages) == {
        f"reports/bakery/{week}.html",
        f"reports/florist/{week}.html",
        "dashboard/index.html",
    }
    assert set(published.pages) <= set(world.archive.objects)
    assert b"mail3.test" not in world.archive.objects[f"reports/florist/{week}.html"]
    rows = world.archive.objects[f"reports/bakery/{week}.csv"].decode().splitlines()
    assert rows[0].startswith("what,name,")
    assert any("guest3@mail3.test" in row for row in rows)
    again = publish(run(world, at=NOW + timedelta(hours=1)), world.outside, NOW, fleet=list(world.manifests))
    assert not again.digest_sent
    assert [mail.message_id for mail in world.mailer.sent].count(f"digest-{week}") == 1


def test_a_run_over_a_part_writes_no_fleet_page():
    world = World("bakery", "florist")
    published = publish(run(world, tenants=["bakery"]), world.outside, NOW, fleet=None)
    assert published.pages == ("reports/bakery/2026-W48.html",)
    assert "dashboard/index.html" not in world.archive.objects
