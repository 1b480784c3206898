"""A quiet tenant is judged from the copy that the last audit left: for no call, and as if it had been read.

The oracle everywhere: the same audit in the same world without copies.
"""

import contextlib
import re
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import World, ticking
from hypothesis import given, settings
from hypothesis import strategies as st
from ses_events import NOW, bounce, delivery, envelope

from provisioner.conduct import batches, copies, last_audit, operator
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.conclude import conclude
from provisioner.conduct.documents import read_standing, standing_key, write_manifest
from provisioner.conduct.phases import act_batch, count, judge_batch
from provisioner.conduct.publish import FLEET_CSV, publish
from provisioner.errors import InnkeeperError
from provisioner.feedback.keys import facts_key
from provisioner.model.standing import Standing, State
from provisioner.rules import decide, resolve_policy

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
POLICY = {"soft": {"recipient": {"block_days": 10}}}


def arrive(world, tenant, at, *events):
    """Events that SES reported at ``at``."""
    for number, event in enumerate(events):
        body = envelope(world.manifests[tenant], event)
        world.queues[tenant].send(body, at, f"sqs-{at:%d%H%M}-{number}-{event['mail']['messageId']}")


def collected(world, at):
    collect_all(list(world.manifests), world.outside, Drain(clock=ticking(at), threads=1), fast=False, workers=1)


def week(world, at, *, outside=None, overrides=None):
    """A week's end: collected two hours before, then audited as one."""
    outside = outside or world.outside
    collected(world, at - 2 * HOUR)
    names = sorted(world.manifests)
    report = audit(names, outside, at, Settings(workers=1, overrides=overrides or {}))
    publish(report, outside, at, fleet=names, overrides=overrides)
    return report


def begun(*tenants, at=NOW - WEEK):
    """A platform whose first audit was a week ago; everybody has a copy."""
    world = World(*(tenants or ("bakery", "florist")))
    batches.rebuild(world.archive)
    for name, the in world.manifests.items():
        arrive(world, name, at - 3 * HOUR, delivery(the, f"a@{name}.test", at - 3 * HOUR))
    week(world, at)
    return world


def forgotten(world):
    for key in [key for key in world.archive.objects if key.startswith("runs/copies/")]:
        world.archive.lose(key)


def standing(world, tenant="bakery"):
    return read_standing(world.archive, tenant)[0]


def outcome(world, at):
    """Everything that must be the same with and without copies; of the windows, what the next judgement sees."""
    found = {}
    for tenant in world.manifests:
        try:
            one = standing(world, tenant)
        except InnkeeperError as err:
            found[tenant] = str(err)
            continue
        seen = decide([], one, resolve_policy("standard"), at).standing.windows
        found[tenant] = msgspec.structs.replace(one, windows=seen, watermark="", judged=None)
    return {
        "standings": found,
        "levers": {name: vars(world.levers.tenants[name]) for name in world.manifests},
        "blocked": {name: sorted(world.blocklist.lists[name]) for name in world.manifests},
        "mails": [(mail.message_id, mail.subject) for mail in world.mailer.sent],
        # A tenant that was read gets a new page, one that was not keeps its last: that alone the fleet's table may say.
        "fleet": re.sub(rb"(; )?no news since [-\dW]+", b"", world.archive.objects[FLEET_CSV]),
    }


def test_a_quiet_week_is_judged_and_counted_and_changes_nothing():
    world = begun()
    before = dict(world.archive.objects)
    report = week(world, NOW)
    assert (report.sentence, report.complete) == ("2 of 2 judged", True)
    changed = {key for key in world.archive.objects if world.archive.objects[key] != before.get(key)}
    assert {key.partition("/")[0] for key in changed} == {"runs", "dashboard"}
    page = world.archive.objects["dashboard/index.html"].decode()
    assert "no news since 2026-W47" in page
    assert "../reports/bakery/2026-W47.html" in page
    assert "2 of 2 tenants judged" in page or "2 of 2" in page
    assert last_audit.judged_at(world.archive, standing(world)) == NOW


def unblocked(world):
    operator.block("bakery", "x@y.test", world.outside, NOW - 5 * HOUR, by="Ann", reason="asked")
    operator.unblock("bakery", "x@y.test", world.outside, NOW - HOUR, by="Ann", reason="asked")


def suspended(world):
    operator.suspend("bakery", world.outside, NOW - HOUR, by="Ann", reason="asked")


def reinstated(world):
    operator.suspend("bakery", world.outside, NOW - 2 * WEEK, by="Ann", reason="asked")
    week(world, NOW - timedelta(days=3))
    operator.reinstate("bakery", world.outside, NOW - HOUR, by="Ann", reason="asked")


def mailed(world, status="5.1.1"):
    arrive(world, "bakery", NOW - HOUR, bounce(world.manifests["bakery"], "gone@b.test", NOW - HOUR, status=status))


def late(world):
    """Stored under a name from just before the last audit, after it."""
    mailed(world)
    collected(world, NOW - WEEK - timedelta(minutes=14))


def hurried(world):
    """Judged at once meanwhile: the standing has moved on."""
    bakery, at = world.manifests["bakery"], NOW - WEEK + HOUR
    arrive(world, "bakery", at, *(bounce(bakery, f"g{n}@mail{n}.test", at) for n in range(45)))
    collect_all(["bakery"], world.outside, Drain(clock=ticking(NOW - WEEK + 2 * HOUR), threads=1), workers=1)


def strict(world):
    write_manifest(world.archive, msgspec.structs.replace(world.manifests["bakery"], profile="strict", name="Bäckerei"))


def restored(world):
    """A person puts an older version of the standing back."""
    earlier = world.archive.versions[standing_key("bakery")][0]
    mailed(world)
    week(world, NOW - timedelta(days=2))
    world.archive.plant(standing_key("bakery"), earlier)


def older_copies(world):
    """Of two runs at once, the one that began first ends last."""
    mailed(world)
    before = world.archive.objects[copies.key("00001")]
    week(world, NOW - timedelta(days=2))
    world.archive.plant(copies.key("00001"), before)


def moved(world):
    """A new tenant before it in the list, and each now in a batch of its own."""
    batches.add(world.archive, world.add("apple").tenant)
    batches.rebuild(world.archive, 1)
    mailed(world)


CHANGES = {
    "nothing": lambda _: None, "suspended": suspended, "reinstated": reinstated, "unblocked": unblocked, "mail": mailed,
    "late": late, "judged at once": hurried, "manifest": strict, "restored": restored, "older copies": older_copies,
    "moved": moved,
    "standing lost": lambda world: world.archive.lose(standing_key("bakery")),
    "standing spoilt": lambda world: world.archive.plant(standing_key("bakery"), b"{"),
    "copies spoilt": lambda world: world.archive.plant(copies.key("00001"), b"[{"),
}  # fmt: skip


def previewed(world, at):
    collected(world, at - 2 * HOUR)
    return audit(sorted(world.manifests), world.outside, at, Settings(workers=1, dry_run=True))


def states(report):
    return {one.tenant: (one.verdict.before, one.verdict.after) for one in report.judged}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_between_two_audits_the_copies_change_nothing(change):
    world = begun()
    CHANGES[change](world)
    again = world.copies()
    with_copies, without = again(), again()
    forgotten(without)
    for judging in (previewed, week):
        one, other = (judging(each, NOW) for each in (with_copies, without))
        assert (one.sentence, one.not_judged) == (other.sentence, other.not_judged)
        assert states(one) == states(other)
    assert outcome(with_copies, NOW) == outcome(without, NOW)


def test_other_numbers_in_the_policy_reach_the_quiet():
    """Not by reading them again: the copy is judged by the numbers of today."""
    world = begun()
    mailed(world, "5.7.1")
    week(world, NOW - timedelta(days=6))
    assert week(world, NOW - timedelta(days=5)).judged[0].quiet
    hashes = [standing(world, name).policy_hash for name in world.manifests]
    week(world, NOW, overrides={"hard": {"tenant": {"small": {"warn": 3}}}})
    assert not {standing(world, name).policy_hash for name in world.manifests} & set(hashes)


def test_time_alone_may_bring_an_action_and_the_quiet_are_not_spared():
    """Fifteen of four hundred mails bounced: a share that rises when the good ones leave the window before the bad."""
    world = begun("bakery", at=NOW - 4 * WEEK)
    bakery = world.manifests["bakery"]
    before, after = NOW - 3 * WEEK, NOW - WEEK
    arrive(world, "bakery", before, *(delivery(bakery, f"a{n}@mail{n}.test", before) for n in range(400)))
    arrive(world, "bakery", after, *(bounce(bakery, f"g{n}@mail{n}.test", after) for n in range(15)))
    assert week(world, NOW - WEEK + HOUR).judged[0].verdict.after is State.GOOD
    assert week(world, NOW).judged[0].quiet
    verdict = week(world, NOW + 11 * timedelta(days=1)).judged[0].verdict
    assert (verdict.before, verdict.after) == (State.GOOD, State.SUSPENDED)
    assert world.levers.tenants["bakery"].shut


def test_a_block_that_runs_out_and_a_warning_that_is_over_end_in_a_quiet_week():
    world = begun("bakery")
    bakery = world.manifests["bakery"]
    for n in range(4):
        at = NOW - WEEK + n * timedelta(days=1)
        arrive(world, "bakery", at, bounce(bakery, "full@b.test", at, kind="Transient", identity=f"s{n}"))
    arrive(world, "bakery", NOW - HOUR, *(bounce(bakery, f"g{n}@mail{n}.test", NOW - HOUR) for n in range(6)))
    week(world, NOW)
    assert (standing(world).state, "full@b.test" in standing(world).blocks) == (State.WARNED, True)
    assert week(world, NOW + WEEK).judged[0].quiet
    later = NOW + timedelta(days=31)
    assert not week(world, later).judged[0].quiet
    assert (standing(world).state, "full@b.test" in standing(world).blocks) == (State.GOOD, False)
    assert week(world, later + WEEK).judged[0].quiet


DAYS = st.lists(
    st.tuples(st.integers(1, 16), st.sampled_from(["quiet", "mail", "hard", "soft", "many", "suspend", "reinstate"])),
    min_size=2,
    max_size=7,
)


@settings(max_examples=15, deadline=None)
@given(DAYS)
def test_any_history_ends_the_same_with_and_without_copies(history):
    """Weeks of any length with whatever may happen in them, each audited in both worlds."""
    with_copies, without = START(), START()
    at = NOW - WEEK
    for number, (days, what) in enumerate(history):
        at += timedelta(days=days)
        forgotten(without)
        for world in (with_copies, without):
            _happen(world, what, at - 3 * HOUR, number)
            week(world, at)
    at += WEEK
    for world in (with_copies, without):
        forgotten(world)
        week(world, at)
    assert outcome(with_copies, at) == outcome(without, at)


START = begun("bakery").copies()


def _happen(world, what, at, number):
    the = world.manifests["bakery"]
    if what in ("suspend", "reinstate"):
        if (what == "suspend") == standing(world).state.may_send:
            getattr(operator, what)("bakery", world.outside, at, by="Ann", reason="asked")
        return
    events = {
        "quiet": [],
        "mail": [delivery(the, f"a{n}@b.test", at, identity=f"d{number}-{n}") for n in range(30)],
        "hard": [bounce(the, f"g{number}-{n}@mail{n}.test", at) for n in range(3)],
        "soft": [bounce(the, "full@b.test", at, kind="Transient", identity=f"s{number}")],
        "many": [bounce(the, f"m{number}-{n}@mail{n}.test", at) for n in range(12)],
    }
    arrive(world, "bakery", at, *events[what])


def test_a_tenant_whose_queue_was_not_read_is_in_doubt_and_its_page_says_so():
    """Silence is not taken for quiet: nobody knows whether anything came."""
    world = begun("bakery")
    names = ["bakery"]
    later = NOW + 5 * WEEK
    publish(audit(names, world.outside, later, Settings(workers=1)), world.outside, later, fleet=names)
    assert "Nothing was collected" in world.archive.objects["reports/bakery/2026-W53.html"].decode()
    week(world, later + WEEK)
    assert "No mail was sent" in world.archive.objects["reports/bakery/2027-W01.html"].decode()
    week(world, later + 2 * WEEK)
    assert "reports/bakery/2027-W02.html" not in world.archive.objects


def decided(world):
    """What must not depend on when the run was that decided it."""
    standings = {name: standing(world, name) for name in world.manifests}
    return (
        {name: (one.state, sorted(one.blocks), len(one.transitions)) for name, one in standings.items()},
        {name: vars(world.levers.tenants[name]) for name in world.manifests},
        {mail.message_id for mail in world.mailer.sent},
        last_audit.read(world.archive),
        sorted(key for key in world.archive.objects if key.startswith("reports/bakery/")),
    )


def test_killed_anywhere_in_a_run_with_copies_the_next_ends_as_without_them():
    """M1: copies that were written or not, before or after the standings they are of."""
    world = begun("bakery", "florist", "inn")
    mailed(world)
    suspended(world)
    collected(world, NOW - 2 * HOUR)
    again = world.copies()
    without = again()
    forgotten(without)
    week(without, NOW)
    week(without, NOW + HOUR)

    def scenario(counter):
        world = again()
        week(world, NOW, outside=world.through(counter.wrap))

    for number, after in deaths(scenario):
        died = again()
        counter = CallCounter(number, after=after)
        with contextlib.suppress(Killed):  # a call that is refused does not die after it
            week(died, NOW, outside=died.through(counter.wrap))
        week(died, NOW + HOUR)
        where = f"died {'after' if after else 'before'} call {number}: {counter.calls[-1]}"
        assert decided(died) == decided(without), where


def test_a_person_between_the_phases_of_a_run_in_batches_is_heard():
    """The quiet are not written, so no write of theirs can fail: what is stored is looked at before acting."""
    world = begun()
    collected(world, NOW - 2 * HOUR)
    run, names = Settings(run="w", workers=1), sorted(world.manifests)
    assert judge_batch(names, world.outside, NOW, run, batch="00001").judged == 2
    count(world.outside, NOW, run)
    operator.suspend("bakery", world.outside, NOW + HOUR / 60, by="Ann", reason="asked")
    report, _ = act_batch(names, world.outside, NOW + HOUR / 30, run, batch="00001")
    assert [(one.tenant, one.quiet, one.verdict.after) for one in report.judged] == [
        ("bakery", True, State.SUSPENDED), ("florist", True, State.GOOD),
    ]  # fmt: skip
    assert "suspended" in world.archive.objects["reports/bakery/2026-W48.html"].decode()
    assert conclude("w", world.outside, NOW + HOUR).sentence == "2 of 2 judged"
    assert week(world, NOW + WEEK).complete


def test_a_standing_put_back_between_acting_and_publishing_keeps_nothing_from_being_judged():
    """The copy is of what lies there then, and must not claim facts for it that only the other one held."""
    world = begun("bakery")
    earlier = world.archive.objects[standing_key("bakery")]
    mailed(world)
    collected(world, NOW - 2 * HOUR)
    report = audit(["bakery"], world.outside, NOW, Settings(workers=1))
    world.archive.plant(standing_key("bakery"), earlier)
    publish(report, world.outside, NOW, fleet=["bakery"])
    week(world, NOW + WEEK)
    assert "gone@b.test" in standing(world).blocks


def test_who_wakes_up_after_months_is_looked_for_day_by_day_once():
    """Its standing was not written for as long, and what is judged at once knows no copies."""
    world = begun("bakery")
    for day in range(60):
        world.archive.plant(facts_key("inn", NOW + timedelta(days=day), b""), b"")  # somebody has news every day
    for weeks in range(8):
        week(world, NOW + weeks * WEEK)
    listings = []
    for day in (60, 61):
        at = NOW + timedelta(days=day)
        arrive(world, "bakery", at, bounce(world.manifests["bakery"], f"gone{day}@b.test", at))
        counter = CallCounter()
        drain = Drain(clock=ticking(at), threads=1)
        assert collect_all(["bakery"], world.through(counter.wrap), drain, workers=1).complete
        listings.append(counter.calls.count("keys"))
    assert listings[0] > 60
    assert listings[1] < 5
    assert standing(world).judged == NOW - WEEK
    week(world, NOW + timedelta(days=62))
    assert sorted(standing(world).blocks) == ["gone60@b.test", "gone61@b.test"]


def test_an_audit_of_a_part_leaves_the_copies_of_the_whole():
    world = begun()
    before = world.archive.objects[copies.key("00001")]
    mailed(world)
    collected(world, NOW - 2 * HOUR)
    publish(audit(["bakery"], world.outside, NOW, Settings(workers=1)), world.outside, NOW, fleet=None)
    assert world.archive.objects[copies.key("00001")] == before
    assert "gone@b.test" in standing(world).blocks


def test_who_was_not_judged_is_not_said_to_have_been():
    """A standing that nobody had to write says when it was; the note of the last audit says who was in it."""
    world = begun()
    world.archive.plant(standing_key("florist"), b"{")
    week(world, NOW)
    noted = last_audit.read(world.archive)
    assert (noted.judged, noted.of, noted.missing) == (1, 2, ("florist",))
    judged = {name: noted.of_tenant(Standing(tenant=name, judged=NOW - WEEK)) for name in world.manifests}
    assert judged == {"bakery": NOW, "florist": NOW - WEEK}
    assert noted.of_tenant(Standing(tenant="new")) is None
