"""H4: the platform's own mail that came back, from the queue to the sentence the operator reads."""

import itertools
import json
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import FakeQueue, World, manifest, ticking
from ses_events import NOW, bounce, envelope, mail_object, stamp

from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_dead_letters
from provisioner.conduct.summary import finish_summary, notices_metrics
from provisioner.conduct.undelivered import KEY, alerts, collect_notices, source_of_notices, undelivered
from provisioner.errors import InnkeeperError
from provisioner.feedback.undelivered import MOST, Undelivered, Whose, merge, settle
from provisioner.model.event import Event, Kind
from provisioner.model.names import Place, PlatformNames
from provisioner.report.undelivered import sentence

NAMES = PlatformNames("inn", Place("123456789012", "eu-central-1"))
SOURCE = source_of_notices(NAMES, "notices@innkeeper.example")
# The platform as a sender: the builders of events want a manifest, and this is whom SES names for our own mail.
OURS = manifest(
    "notices",
    domain="innkeeper.example",
    topic_arn=NAMES.notices_topic_arn,
    configuration_set=NAMES.configuration_set,
    from_address="notices@innkeeper.example",
)
OWNER = "owner@bakery.test"


def complaint(at=NOW, *more):
    recipients = [OWNER, *more]
    return {
        "eventType": "Complaint",
        "mail": mail_object(OURS, OWNER, "spam", at) | {"destination": recipients},
        "complaint": {
            "complainedRecipients": [{"emailAddress": recipient} for recipient in recipients],
            "timestamp": stamp(at),
            "feedbackId": "feedback-spam",
        },
    }


def drain(start=NOW):
    return Drain(clock=ticking(start), threads=1)


def publish(world, *events, at=NOW):
    for number, event in enumerate(events):
        world.notices.send(envelope(OURS, event), at, name=f"n-{number}-{event['mail']['messageId']}")


def collected(world, at=NOW):
    return collect_notices(SOURCE, world.outside, drain(at), workers=1)


def test_an_owner_who_cannot_be_told_is_listed_with_the_cure_and_told_by_a_metric():
    world = World("bakery", "florist")
    publish(world, bounce(OURS, OWNER), bounce(OURS, "Operator@Host.example", kind="Transient", status="4.4.7"))
    done = collected(world)
    assert (done.error, done.collected.seen, done.collected.depth, done.new) == ("", 2, 0, 2)
    assert notices_metrics(done) == {"NoticesUndelivered": 2}
    assert [(one.address, one.kind, one.tenants, one.operator) for one in undelivered(world.archive)] == [
        ("operator@host.example", Kind.SOFT, (), True),
        (OWNER, Kind.HARD, ("bakery",), False),
    ]
    said = alerts(world.archive)
    assert any(f"Notices to {OWNER} come back: the address does not exist" in one for one in said)
    assert any("Correct `contacts` in tenants/bakery.yaml" in one for one in said)
    assert any("correct `operator` in platform.yaml" in one for one in said)
    assert not world.notices.hidden


def test_no_tenant_is_judged_by_it_and_no_mail_answers_it():
    """H3: all that is written is the one object; no log line names an address."""
    world = World()
    before = set(world.archive.objects)
    publish(world, *(bounce(OURS, OWNER, identity=str(n)) for n in range(60)), complaint())
    done = collected(world)
    assert set(world.archive.objects) - before == {KEY}
    assert not world.mailer.sent
    assert not world.operator.told
    assert "@" not in json.dumps(finish_summary(done.collected, done, 0.0))


def test_what_is_not_about_our_own_mail_is_set_aside_and_told():
    """B1: a tenant's event in the platform's queue changes nothing."""
    world = World()
    bakery = world.manifests["bakery"]
    world.notices.send(envelope(bakery, bounce(bakery, OWNER)))
    world.notices.send(envelope(OURS, bounce(bakery, OWNER)))
    world.notices.send(b"poison \xff")
    done = collected(world)
    assert (done.collected.quarantined, done.collected.security, done.listed) == (3, 2, ())
    assert len([key for key in world.archive.objects if key.startswith("quarantine/_notices/")]) == 3
    assert [subject for subject, _ in world.operator.told] == ["notices: messages that are not about them"]


def test_a_quiet_day_costs_no_write_and_reads_no_manifest():
    world = World("bakery", "florist")
    counter = CallCounter()
    collect_notices(SOURCE, world.through(counter.wrap), drain(), workers=1)
    assert counter.calls == ["receive", "receive", "depth", "get"]


def test_a_contact_that_was_corrected_leaves_the_list_and_an_unreadable_manifest_keeps_it():
    world = World("bakery", "florist")
    publish(world, bounce(OURS, OWNER))
    collected(world)
    world.archive.plant("fleet/bakery.json", b"{broken")
    assert [one.tenants for one in collected(world).listed] == [("bakery",)]
    world.archive.lose("fleet/bakery.json")
    world.add("bakery", contacts=("new@bakery.test",))
    done = collected(world)
    assert (done.listed, done.new, undelivered(world.archive)) == ((), 0, ())


def test_the_alarm_rings_for_the_day_and_not_again_the_next():
    world = World()
    publish(world, bounce(OURS, OWNER))
    assert collected(world).new == 1
    assert collected(world, NOW + timedelta(minutes=5)).new == 1  # the step is tried again
    assert collected(world, NOW + timedelta(days=1)).new == 0
    publish(world, bounce(OURS, OWNER, NOW + timedelta(days=2), identity="again"), at=NOW + timedelta(days=2))
    assert collected(world, NOW + timedelta(days=2)).new == 1


def test_a_list_that_cannot_be_read_is_left_alone_and_its_news_waits():
    world = World()
    world.archive.plant(KEY, b"{broken")
    publish(world, bounce(OURS, OWNER))
    done = collected(world)
    assert (done.listed, done.new, notices_metrics(done)) == (None, None, {})
    assert "cannot be read" in done.error
    assert world.archive.objects[KEY] == b"{broken"
    assert len(world.notices.hidden) == 1
    assert "cannot be read" in alerts(world.archive)[0]
    with pytest.raises(InnkeeperError, match="cannot be read"):
        undelivered(world.archive)


def test_a_dead_letter_about_a_notice_is_listed_like_any_other():
    """A13."""
    world = World()
    world.dead_letters.send(envelope(OURS, bounce(OURS, OWNER)))
    done = collect_dead_letters(world.outside, "inn", drain(), notices=SOURCE)
    assert (done.stored, done.quarantined, done.error) == (1, 0, "")
    assert [one.address for one in undelivered(world.archive)] == [OWNER]


def test_dying_anywhere_and_running_again_is_as_if_it_had_never_died():
    """A1: nothing is deleted before it is in the list, and what comes twice counts once."""

    def prepared():
        world = World()
        publish(world, bounce(OURS, OWNER), complaint(NOW + timedelta(hours=1)))
        world.notices.send(b"poison \xff")
        return world

    calm = prepared()
    collected(calm)

    def scenario(counter):
        world = prepared()
        collect_notices(SOURCE, world.through(counter.wrap), drain(), workers=1)

    for number, after in deaths(scenario):
        world = prepared()
        counter = CallCounter(number, after=after)
        with pytest.raises(Killed):
            collect_notices(SOURCE, world.through(counter.wrap), drain(), workers=1)
        assert KEY in world.archive.objects or len(world.notices.waiting) + len(world.notices.hidden) == 3
        world.notices.expire()
        done = collected(world)
        said = [(one.address, one.kind, one.days, one.tenants) for one in undelivered(world.archive)]
        assert said == [(one.address, one.kind, one.days, one.tenants) for one in undelivered(calm.archive)]
        assert (done.error, done.new) == ("", 1)
        assert not world.notices.waiting
        assert not world.notices.hidden


def test_two_collectors_at_once_lose_nothing():
    """A15: the second write loses, reads again, and holds both."""
    world, other = World(), FakeQueue()
    publish(world, bounce(OURS, OWNER))
    other.send(envelope(OURS, bounce(OURS, "operator@host.example")))
    rival = world.outside
    rival = type(rival)(**{**{f: getattr(rival, f) for f in rival.__struct_fields__}, "notices": lambda: other})

    class Overtaken(CallCounter):
        def run(self, name, call):
            if name == "put_if" and not other.hidden and other.waiting:
                collect_notices(SOURCE, rival, drain(), workers=1)
            return super().run(name, call)

    assert collect_notices(SOURCE, world.through(Overtaken().wrap), drain(), workers=1).error == ""
    assert [one.address for one in undelivered(world.archive)] == ["operator@host.example", OWNER]


# -- the list by itself ----------------------------------------------------------------------------------


def event(kind, day=0, *, to=OWNER, diagnostic="", name=""):
    at = int((NOW + timedelta(days=day)).timestamp() * 1000)
    return Event(kind, name or f"{kind}-{day}", at, at, "m", to, diagnostic=diagnostic)


def test_what_is_no_sign_of_a_lost_reader_is_not_listed():
    for kind in (Kind.DELIVERY, Kind.DELAY, Kind.AUTO_REPLY, Kind.IGNORED_COMPLAINT, Kind.OTHER):
        assert merge((), [event(kind)], NOW) == ()


def test_order_and_repetition_change_nothing_and_an_echo_hides_no_reason():
    """SES's suppression list answers for the mailbox that was gone: the page goes on saying that it is gone."""
    events = [event(Kind.SOFT, 0), event(Kind.HARD, 1, diagnostic="550 no such user"), event(Kind.ECHO, 2)]
    (expected,) = merge((), events, NOW)
    assert (expected.kind, expected.reason, len(expected.days)) == (Kind.HARD, "550 no such user", 3)
    for shuffled in itertools.permutations(events):
        assert merge((), shuffled, NOW) == (expected,)
    assert merge((expected,), events, NOW + timedelta(days=9)) == (expected,)


def test_a_clock_that_runs_ahead_keeps_nobody_for_years():
    ahead = msgspec.structs.replace(event(Kind.HARD, 3000), arrived=event(Kind.HARD).arrived)
    assert merge((), [ahead], NOW)[0].last == NOW


def test_an_address_leaves_after_sixty_quiet_days():
    whose = {OWNER: Whose(tenants=("bakery",))}
    listed = merge((), [event(Kind.HARD, 0), event(Kind.HARD, 10)], NOW)
    kept = settle(listed, whose, NOW + timedelta(days=69), everybody=True)
    assert [one.days for one in kept] == [("2026-12-05",)]
    assert settle(kept, whose, NOW + timedelta(days=70), everybody=True) == ()


def test_the_list_stays_small_and_keeps_the_newest():
    listed = merge((), [event(Kind.HARD, -n / 1000, to=f"a{n:04d}@x.test") for n in range(MOST + 9)], NOW)
    whose = {one.address: Whose(tenants=("t",)) for one in listed}
    kept = settle(listed, whose, NOW, everybody=True)
    assert [one.address for one in kept] == [f"a{n:04d}@x.test" for n in range(MOST)]


def test_whose_it_was_is_not_said_where_ses_does_not_say_it():
    """A complaint about a mail to several contacts: SES names them all, so nobody is blamed."""
    world = World()
    publish(world, complaint(NOW, "partner@bakery.test"))
    (one,) = collected(world).listed
    assert sentence(one).startswith("A notice came back and Amazon SES did not say from whom")


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.UNKNOWN}))
def test_every_kind_has_words_of_its_own(kind):
    made = merge((), [event(kind)], NOW)
    assert not made or "new to this program" not in sentence(made[0])


def test_a_contact_of_many_names_a_few():
    one = Undelivered(
        address=OWNER, kind=Kind.HARD, last=NOW, noted=NOW, days=("2026-11-25",),
        tenants=tuple(f"t{n}" for n in range(9)),
    )  # fmt: skip
    assert sentence(one).endswith("tenants/t4.yaml and 4 more, then innkeeper apply.")
