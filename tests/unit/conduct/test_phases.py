"""A run in batches: judge, count over all of them, act, publish. D4 to D6 and D15 of the faults."""

import contextlib
import itertools
from datetime import timedelta

import msgspec
import pytest
from crash import CallCounter, Killed, deaths
from fakes import World, ticking
from ses_events import NOW, bounce, delivery

from provisioner.conduct import batches, notes, operator
from provisioner.conduct.audit import Settings
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.conclude import conclude
from provisioner.conduct.documents import read_standing, standing_key
from provisioner.conduct.last_audit import days_since
from provisioner.conduct.phases import act_batch, count, judge_batch
from provisioner.errors import InnkeeperError
from provisioner.model.standing import State
from provisioner.ports import AccountRates

RUNS = (f"run-{n}" for n in itertools.count())


def fleet(number):
    return World(*(f"site{n:03d}" for n in range(number)))


def condemn(world, *tenants):
    for tenant in tenants:
        the = world.manifests[tenant]
        # Each at providers of its own: many tenants at one provider would be that provider's outage.
        world.publish(tenant, *(bounce(the, f"guest{n}@mail{n}.{tenant}.test") for n in range(16)))


def collected(world):
    names = [name for name, queue in world.queues.items() if queue.waiting]
    assert not collect_all(names, world.outside, Drain(clock=ticking(), threads=1), fast=False).failed


def settings(run, **more):
    return Settings(run=run, workers=1, **more)


def run(world, *, size=2, outside=None, run=None, stop_before=""):
    """The steps of the state machine, one after the other; what they came to, or None where it was cut short."""
    outside, run = outside or world.outside, run or next(RUNS)
    batches.rebuild(outside.archive, size)
    work = batches.load(outside.archive.get(batches.KEY).body)
    for each in work:
        judge_batch(each.tenants, outside, NOW, settings(run), batch=each.batch)
    if stop_before == "count":
        return None
    decision = count(outside, NOW, settings(run))
    if stop_before == "act":
        return None
    if not decision.stopped:
        for each in work:
            act_batch(each.tenants, outside, NOW, settings(run), batch=each.batch)
    return conclude(run, outside, NOW)


def shut(world):
    return {name for name in world.manifests if world.levers.tenants[name].shut}


def test_a_run_in_batches_ends_as_one_in_one_go():
    """N of N judged, the condemned stopped, the digest mailed and the fleet's page written once for all batches."""
    world = fleet(9)
    condemn(world, "site000", "site007")
    collected(world)
    end = run(world)
    assert (end.sentence, end.complete) == ("9 of 9 judged", True)
    assert shut(world) == {"site000", "site007"}
    page = world.archive.objects["dashboard/index.html"].decode()
    assert all(name.title() in page for name in world.manifests)
    digests = [mail for mail in world.mailer.sent if mail.message_id.startswith("digest-")]
    assert len(digests) == 1
    assert "2 suspended" in digests[0].subject
    sent = len(world.mailer.sent)
    assert run(world).complete
    assert len(world.mailer.sent) == sent
    assert days_since(world.archive, NOW) == 0


def test_the_limit_is_the_runs_not_a_batchs():
    """D15: 60 condemned of 500, in five batches of 100 with 12 each; the limit is 50."""
    world = fleet(500)
    condemn(world, *(f"site{n:03d}" for n in range(500) if n % 100 < 12))
    collected(world)
    before = dict(world.archive.objects)
    end = run(world, size=100, run="w48")
    assert "60 of 500 tenants (the limit is 50)" in end.stopped
    assert not shut(world)
    assert not world.mailer.sent
    assert [subject for subject, _ in world.operator.told] == ["Audit stopped: too many tenants would be suspended"]
    written = {key for key in world.archive.objects if world.archive.objects[key] != before.get(key)}
    assert {key.split("/")[0] for key in written} == {"runs", "fleet"}
    with pytest.raises(InnkeeperError, match="was stopped"):
        act_batch(["site000"], world.outside, NOW, settings("w48"), batch="00001")


def test_below_the_limit_each_batch_may_stop_its_own():
    world = fleet(60)
    names = [f"site{n:03d}" for n in range(0, 60, 10)]
    condemn(world, *names)
    collected(world)
    assert run(world, size=20).complete
    assert shut(world) == set(names)


def test_what_was_condemned_after_the_count_is_held_to_the_same_limit():
    """D15: whoever has to be judged anew in the second phase is no way around the limit."""
    world = fleet(10)
    names = list(world.manifests)
    condemn(world, *names[:3])
    collected(world)
    for n, batch in enumerate((names[:5], names[5:])):
        judge_batch(batch, world.outside, NOW, settings("w"), batch=str(n))
    assert count(world.outside, NOW, settings("w")).condemned == tuple(names[:3])
    condemn(world, names[9])
    collected(world)
    world.archive.lose(notes.judged_key("w", "1"))
    for n, batch in enumerate((names[:5], names[5:])):
        report, _ = act_batch(batch, world.outside, NOW, settings("w"), batch=str(n))
    assert "4 of 10" in report.not_judged[names[9]]
    assert shut(world) == set(names[:3])


def test_nothing_is_done_in_a_run_that_was_not_counted():
    world = World()
    with pytest.raises(InnkeeperError, match="was not counted"):
        act_batch(["bakery"], world.outside, NOW, settings("w"), batch="1")
    with pytest.raises(InnkeeperError, match="was not counted"):
        conclude("w", world.outside, NOW)


def test_a_broken_tenant_stops_no_other_and_is_missing_in_n_of_n():
    """D5: in its own batch and in the others."""
    world = fleet(6)
    condemn(world, "site002")
    collected(world)
    world.archive.plant(standing_key("site003"), b"{")
    end = run(world)
    assert (end.sentence, end.complete) == ("5 of 6 judged", False)
    assert list(end.not_judged) == ["site003"]
    assert shut(world) == {"site002"}
    assert "site003 was not judged" in world.archive.objects["dashboard/index.html"].decode()


def test_a_batch_whose_function_died_is_named():
    world = fleet(4)
    batches.rebuild(world.archive, 2)
    judge_batch(["site000", "site001"], world.outside, NOW, settings("w"), batch="00001")
    assert count(world.outside, NOW, settings("w")).silent == ("00002",)
    act_batch(["site000", "site001"], world.outside, NOW, settings("w"), batch="00001")
    end = conclude("w", world.outside, NOW)
    assert (end.sentence, end.complete) == ("2 of 4 judged", False)
    assert "Batch 00002 was not judged" in world.archive.objects["dashboard/index.html"].decode()


def test_an_outage_shows_over_all_batches_though_in_none():
    """C5: four tenants a batch are no outage, twenty are."""
    world = fleet(20)
    for name, the in world.manifests.items():
        world.publish(name, *(bounce(the, f"guest{n}@bigmail.test") for n in range(16)))
    collected(world)
    end = run(world, size=4, run="w")
    decision = notes.read(world.archive, notes.decision_key("w"), notes.Decision)
    assert [outage.provider for outage in decision.outages] == ["bigmail.test"]
    assert (decision.condemned, end.complete) == ((), True)
    assert not shut(world)
    assert "bigmail.test" in world.archive.objects["dashboard/index.html"].decode()


def test_near_amazons_limit_the_worst_of_the_whole_fleet_is_judged_strictly():
    world = fleet(4)
    the = world.manifests["site003"]
    world.publish("site003", *(bounce(the, f"guest{n}@mail{n}.test") for n in range(12)))
    world.publish("site000", bounce(world.manifests["site000"], "gone@b.test"))
    collected(world)
    world.account.measured = AccountRates(bounce_rate=0.045)
    assert run(world, run="w").complete
    decision = notes.read(world.archive, notes.decision_key("w"), notes.Decision)
    assert decision.strict == decision.condemned == ("site003",)
    assert shut(world) == {"site003"}
    assert [subject for subject, _ in world.operator.told].count(
        "The account's bounce or complaint rate is near Amazon's limit"
    ) == 1


@pytest.mark.parametrize("phase", ["count", "act"])
def test_a_run_that_died_between_two_phases_is_finished_by_the_next(phase):
    """D3, D4."""
    world = fleet(5)
    condemn(world, "site001")
    collected(world)
    assert run(world, stop_before=phase) is None
    assert not shut(world)
    assert run(world).complete
    assert shut(world) == {"site001"}
    assert len(read_standing(world.archive, "site001")[0].transitions) == 1


def scenario(counter):
    world = World("bakery", "florist", "inn")
    condemn(world, "florist")
    world.publish("inn", delivery(world.manifests["inn"], "a@b.test"))
    collected(world)
    with contextlib.suppress(Killed):
        run(world, outside=world.through(counter.wrap), run="first")
    return world


def test_killed_at_any_call_the_next_run_ends_as_if_nothing_had_been():
    """M1, over all phases: the same standings, the same levers, no notice lost; the first run's notes do no harm."""
    unharmed = scenario(CallCounter())
    expected = read_standing(unharmed.archive, "florist")[0]
    every = deaths(scenario)
    for number, after in every[:: max(1, len(every) // 30)]:
        world = scenario(CallCounter(die_at=number, after=after))
        assert run(world, run="second").complete, (number, after)
        standing = read_standing(world.archive, "florist")[0]
        assert standing.state is State.SUSPENDED
        assert [each.id for each in standing.transitions] == [each.id for each in expected.transitions]
        assert standing.blocks.keys() == expected.blocks.keys()
        assert all(notice.sent for notice in standing.outbox)
        assert shut(world) == {"florist"}
        assert sum(mail.message_id.startswith("digest-") for mail in world.mailer.sent) in (1, 2)
        assert {mail.message_id for mail in world.mailer.sent} == {mail.message_id for mail in unharmed.mailer.sent}


def test_asked_again_the_count_gives_the_same_answer():
    """D15: decided once, also when the scheduler or a retry asks twice."""
    world = fleet(4)
    condemn(world, "site001")
    collected(world)
    run(world, run="w", stop_before="act")
    condemn(world, "site002", "site003")
    collected(world)
    judge_batch(list(world.manifests), world.outside, NOW, settings("w"), batch="00001")
    assert count(world.outside, NOW, settings("w")).condemned == ("site001",)


def test_a_digest_line_says_how_many_are_blocked_but_not_whom():
    """H7: notes of a run hold no addresses."""
    world = fleet(2)
    condemn(world, "site000")
    collected(world)
    run(world, run="w")
    noted = {key: body for key, body in world.archive.objects.items() if key.startswith("runs/w/")}
    assert {key.split("/")[2] for key, body in noted.items() if b"guest" in body} == set()
    acted = msgspec.json.decode(world.archive.objects["runs/w/acted/00001.json"], type=notes.Acted)
    assert [line.blocked for line in acted.lines] == [16, 0]
    assert [len(line.whole().blocks) for line in acted.lines] == [16, 0]


def test_what_phase_one_judged_is_read_back_as_it_was_and_facts_are_read_once():
    world = fleet(3)
    condemn(world, "site001")
    world.publish("site002", delivery(world.manifests["site002"], "a@b.test"))
    collected(world)
    read, get = [], world.archive.get
    world.archive.get = lambda key: read.append(key) or get(key)
    assert run(world, size=3, run="w").complete
    facts = [key for key in read if key.startswith("facts/")]
    assert len(facts) == len(set(facts)) == 2
    kept = notes.read_judged(world.archive, "w", "00001")
    assert {name: one.verdict.after for name, one in kept.items()} == {
        "site000": State.GOOD, "site001": State.SUSPENDED, "site002": State.GOOD,
    }  # fmt: skip
    stored = read_standing(world.archive, "site001")[0]
    assert kept["site001"].verdict.standing.transitions == stored.transitions
    assert kept["site001"].verdict.standing.windows == stored.windows


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\x1f\x8b\x08\x00", b"[]"])
def test_judgements_that_cannot_be_read_back_are_made_anew(spoilt):
    world = fleet(2)
    condemn(world, "site001")
    collected(world)
    judge_batch(list(world.manifests), world.outside, NOW, settings("w"), batch="1")
    count(world.outside, NOW, settings("w"))
    world.archive.plant(notes.judged_key("w", "1"), spoilt)
    act_batch(list(world.manifests), world.outside, NOW, settings("w"), batch="1")
    assert shut(world) == {"site001"}


def test_a_reinstatement_between_the_phases_wins():
    """D19: the judgement of phase one is outdated, its write fails, and the tenant is judged from the reinstatement."""
    world = fleet(1)
    condemn(world, "site000")
    operator.suspend("site000", world.outside, NOW - timedelta(hours=1), by="Ann", reason="to be safe")
    collected(world)
    judge_batch(["site000"], world.outside, NOW, settings("w"), batch="1")
    count(world.outside, NOW, settings("w"))
    operator.reinstate("site000", world.outside, NOW + timedelta(minutes=1), by="Ann", reason="explained")
    act_batch(["site000"], world.outside, NOW + timedelta(minutes=2), settings("w"), batch="1")
    assert read_standing(world.archive, "site000")[0].state is State.GOOD
    assert world.levers.tenants["site000"].open


def test_days_without_an_audit_are_counted_from_the_last_or_from_the_first_look():
    """D6: a schedule that never fires is silence, and silence is counted. M8."""
    world = fleet(1)
    assert [days_since(world.archive, NOW + timedelta(days=n)) for n in (0, 3, 8)] == [0, 3, 8]
    collected(world)
    assert run(world).complete
    assert days_since(world.archive, NOW + timedelta(days=8)) == 8
    many = fleet(10)
    condemn(many, *list(many.manifests)[:4])
    collected(many)
    assert run(many).stopped
    assert days_since(many.archive, NOW + timedelta(days=8)) == 0  # first asked now: no audit came to its end
