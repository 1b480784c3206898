"""An audit as a whole: its limit, Amazon's account, outages, the pages of all."""

from datetime import timedelta

import pytest
from audited import collected, condemn, fleet, run, standing
from fakes import FakeAccount, World
from ses_events import NOW, bounce, delivery

from provisioner.conduct.publish import publish
from provisioner.errors import InnkeeperError
from provisioner.model.standing import State
from provisioner.ports import AccountRates, AccountState

WEEK = timedelta(days=7)


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
