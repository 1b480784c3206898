from datetime import timedelta

import msgspec
import pytest
from fakes import World, manifest
from ses_events import NOW

from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.changes import plan_levers
from provisioner.conduct.documents import read_standing, write_standing
from provisioner.conduct.enforce import Pace, due, enforce
from provisioner.model.standing import Block, Enforcement, Standing, State, Unblock
from provisioner.ports import SendingState

LATER = NOW + timedelta(days=1)
STOPPED = Standing(tenant="bakery", state=State.SUSPENDED)
GOOD = Standing(tenant="bakery")


def reinstated(at=NOW, **more):
    return Standing(tenant="bakery", reinstated=at, **more)


def blocking(*recipients, reason="soft", until=None, **more):
    blocks = {name: Block(reason=reason, since=NOW, until=until) for name in recipients}
    return Standing(tenant="bakery", blocks=blocks, **more)


def run(world, standing, now=NOW, **more):
    return enforce(world.manifests["bakery"], standing, world.outside, now, **more)


def test_suspending_takes_the_levers_in_the_field_guides_order():
    world = World()
    done = run(world, STOPPED)
    assert [change.lever for change in done.changes] == ["set", "deny", "key", "tenant"]
    assert world.levers.tenants["bakery"].shut
    assert done.enforcement == Enforcement(at=NOW, complete=True)
    again = run(world, STOPPED, LATER)
    assert (again.changes, again.acted) == ((), False)


def test_reinstating_goes_back_in_reverse_order_and_once_only():
    world = World()
    run(world, STOPPED)
    done = run(world, reinstated())
    assert [change.lever for change in done.changes] == ["tenant", "key", "deny", "set"]
    assert world.levers.tenants["bakery"].open
    assert done.enforcement.opened == NOW
    # A person switches the set off later: the reinstatement has been carried out, and is not carried out again.
    world.levers.tenants["bakery"].set_enabled = False
    later = run(world, reinstated(enforcement=done.enforcement), LATER)
    assert later.changes == ()
    assert later.enforcement.drift == ("the configuration set is off",)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("set_sending", "switch the configuration set off"),
        ("set_denied", "attach the policy that denies all sending"),
        ("set_key", "make access key AKIA1 inactive"),
        ("set_tenant", "pause the SES tenant"),
    ],
)
def test_a_lever_that_is_refused_stops_no_other_and_is_listed_and_tried_again(method, words):
    """D7: never called suspended before reading back shows it."""
    world = World()
    world.levers.refused.add(method)
    done = run(world, STOPPED)
    assert not done.enforcement.complete
    assert len(done.enforcement.missing) == 1
    assert done.enforcement.missing[0].startswith(words)
    assert "AccessDenied" in done.enforcement.missing[0]
    assert not world.levers.tenants["bakery"].open
    assert due(msgspec.structs.replace(STOPPED, enforcement=done.enforcement), LATER)
    world.levers.refused.clear()
    assert run(world, STOPPED, LATER).enforcement.complete
    assert world.levers.tenants["bakery"].shut


@pytest.mark.parametrize(("slow", "complete"), [(2, True), (100, False)])
def test_reading_back_is_patient_then_honest(slow, complete):
    """D8: IAM and SES show a change late; it is polled a few times, and reported as missing after that."""
    world = World()
    world.levers.slow = slow
    slept = []
    done = run(world, STOPPED, pace=Pace(wait=slept.append))
    assert done.enforcement.complete is complete
    assert world.levers.tenants["bakery"].shut
    assert slept
    assert len(slept) <= 4


@pytest.mark.parametrize("field", ["set_enabled", "denied", "tenant_enabled", "aws_paused"])
def test_what_a_person_or_aws_paused_is_left_and_told(field):
    """D17: the stricter state wins; nothing is switched on without a reinstatement."""
    world = World()
    switches = world.levers.tenants["bakery"]
    setattr(switches, field, field in ("denied", "aws_paused"))
    before = dict(vars(switches))
    done = run(world, GOOD)
    assert done.changes == ()
    assert len(done.enforcement.drift) == 1
    assert vars(switches) == before


def test_aws_own_pause_survives_a_reinstatement():
    """D17."""
    world = World()
    run(world, STOPPED)
    world.levers.tenants["bakery"].aws_paused = True
    done = run(world, reinstated())
    assert done.enforcement.drift == ("AWS itself has paused the SES tenant",)
    assert world.levers.tenants["bakery"].aws_paused


def test_one_resting_key_of_two_is_no_drift():
    seen = SendingState(set_enabled=True, denied=False, active_keys=("A",), inactive_keys=("B",), tenant_enabled=True)
    assert plan_levers(GOOD, seen, lift=False).drift == ()
    locked = msgspec.structs.replace(seen, active_keys=(), inactive_keys=("A", "B"))
    assert len(plan_levers(GOOD, locked, lift=False).drift) == 2


@pytest.mark.parametrize("second", [True, False])
def test_a_second_key_is_shut_too(second):
    """D18."""
    world = World()
    world.levers.tenants["bakery"].keys["AKIA2"] = second
    run(world, STOPPED)
    assert world.levers.tenants["bakery"].keys == {"AKIA1": False, "AKIA2": False}


def test_somebody_who_reopens_a_suspended_tenant_is_found_repaired_and_told():
    world = World()
    outside = world.outside
    write_standing(world.archive, STOPPED, None)
    carry_out(world.manifests["bakery"], outside, NOW)
    world.levers.tenants["bakery"].set_enabled = True
    seen = run(world, read_standing(world.archive, "bakery")[0], check=True)
    assert [change.words for change in seen.changes] == ["switch the configuration set off"]
    assert world.levers.tenants["bakery"].set_enabled
    done = carry_out(world.manifests["bakery"], outside, LATER)
    assert done.enforced.reopened
    assert world.levers.tenants["bakery"].shut
    assert "switched on by hand" in world.operator.told[0][0]


def test_check_finds_drift_in_both_directions_and_changes_nothing():
    world = World()
    world.levers.tenants["bakery"].set_enabled = False
    before = dict(vars(world.levers.tenants["bakery"]))
    assert run(world, GOOD, check=True).enforcement.drift
    assert [change.lever for change in run(world, STOPPED, check=True).changes] == ["deny", "key", "tenant"]
    assert not run(world, STOPPED, check=True).enforcement.complete
    assert vars(world.levers.tenants["bakery"]) == before


def test_blocks_reach_the_list_and_the_policies():
    world = World()
    done = run(world, blocking("a@x.test", "b@x.test"))
    assert done.enforcement.complete
    assert world.blocklist.lists["bakery"] == {"a@x.test", "b@x.test"}
    assert world.blocklist.shards["bakery"] == {1: ("b@x.test", "a@x.test")}
    world.blocklist.writes.clear()
    run(world, blocking("a@x.test", "b@x.test"), LATER)
    assert world.blocklist.writes == []


def test_only_differences_are_written():
    """D10."""
    world = World()
    run(world, blocking("a@x.test", "b@x.test"))
    world.blocklist.writes.clear()
    run(world, blocking("a@x.test", "c@x.test"))
    assert world.blocklist.writes == [
        ("suppress", "bakery", "c@x.test"),
        ("unsuppress", "bakery", "b@x.test"),
        ("shard", "bakery", 1),
    ]


@pytest.mark.parametrize("gone", ["expired", "unblocked", "released"])
def test_a_block_that_is_over_is_lifted_everywhere(gone):
    world = World()
    run(world, blocking("a@x.test", "b@x.test"))
    if gone == "expired":
        after = Standing(
            tenant="bakery",
            blocks={
                "a@x.test": Block(reason="soft", since=NOW, until=LATER),
                "b@x.test": Block(reason="hard", since=NOW),
            },
        )
        done = run(world, after, LATER)
    elif gone == "unblocked":
        lifted = Unblock(recipient="a@x.test", at=NOW, by="Ann", reason="her mailbox was full")
        done = run(world, blocking("b@x.test", unblocks=(lifted,)))
    else:
        done = run(world, blocking("b@x.test"), released=("a@x.test",))
    assert done.enforcement.complete
    assert world.blocklist.lists["bakery"] == {"b@x.test"}
    assert world.blocklist.shards["bakery"] == {1: ("b@x.test",)}


def test_what_ses_itself_suppressed_is_not_released():
    """The stricter state wins."""
    world = World()
    world.blocklist.lists["bakery"].add("bounced@x.test")
    done = run(world, blocking("a@x.test"))
    assert "bounced@x.test" in world.blocklist.lists["bakery"]
    assert done.enforcement.complete
    assert "1 addresses" in done.enforcement.drift[0]


def test_blocks_without_an_ses_tenant_live_in_the_policies():
    world = World("florist")
    bakery = world.add("bakery", ses_tenant=None, ses_tenant_arn=None)
    done = enforce(bakery, blocking("a@x.test"), world.outside, NOW)
    assert done.enforcement.complete
    assert world.blocklist.shards["bakery"] == {1: ("a@x.test",)}
    assert not world.blocklist.lists["bakery"]


def test_more_blocks_than_policies_hold_are_said_loudly_and_the_list_takes_them():
    """D11: 5,000 for one tenant; the policies take some 1,800, nothing is dropped in silence."""
    world = World()
    names = [f"someone{n:04d}@example{n % 7}.org" for n in range(5_000)]
    done = run(world, blocking(*names))
    assert world.blocklist.lists["bakery"] == set(names)
    placed = sum(len(members) for members in world.blocklist.shards["bakery"].values())
    assert placed > 1_500
    assert done.enforcement.overflow == 5_000 - placed
    assert done.enforcement.complete


def test_hard_bounces_leave_the_policies_to_blocks_that_need_them():
    """SES's own list keeps hard bounces; soft and complaint blocks have no other wall for mail without the header."""
    world = World()
    hard = blocking(*(f"gone{n:04d}@example{n % 7}.org" for n in range(3_000)), reason="hard")
    soft = blocking(*(f"full{n:03d}@example.net" for n in range(300)))
    run(world, Standing(tenant="bakery", blocks={**hard.blocks, **soft.blocks}))
    denied = {name for members in world.blocklist.shards["bakery"].values() for name in members}
    assert set(soft.blocks) <= denied


def test_time_that_runs_out_in_a_long_list_is_resumed_worst_first():
    """D10: 26,000 blocks would take seven hours at one a second."""
    world = World()
    complaints = blocking(*(f"angry{n}@x.test" for n in range(5)), reason="complaint")
    many = blocking(*(f"full{n:03d}@x.test" for n in range(200)))
    standing = Standing(tenant="bakery", blocks={**many.blocks, **complaints.blocks})
    left = iter([100.0] * 5 + [0.0] * 10_000)
    done = run(world, standing, pace=Pace(seconds_left=lambda: next(left)))
    assert world.blocklist.lists["bakery"] == set(complaints.blocks)
    assert not done.enforcement.complete
    assert len(done.enforcement.missing) == 51
    assert done.enforcement.missing[-1] == "and 150 more"
    rest = run(world, msgspec.structs.replace(standing, enforcement=done.enforcement), LATER)
    assert rest.enforcement.complete
    assert len(world.blocklist.lists["bakery"]) == 205


def test_the_levers_of_a_suspended_tenant_do_not_wait_for_its_blocks():
    world = World()
    done = run(world, blocking("a@x.test", state=State.SUSPENDED))
    assert [change.lever for change in done.changes][:4] == ["set", "deny", "key", "tenant"]
    opened = run(world, blocking("b@x.test", reinstated=NOW))
    assert [change.lever for change in opened.changes][-4:] == ["tenant", "key", "deny", "set"]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        pytest.param(GOOD, False, id="in order"),
        pytest.param(STOPPED, True, id="suspended: looked at every time"),
        pytest.param(reinstated(), True, id="a reinstatement waits"),
        pytest.param(reinstated(enforcement=Enforcement(at=NOW, complete=True, opened=NOW)), False, id="carried out"),
        pytest.param(blocking("a@x.test"), True, id="blocks that were never enforced"),
        pytest.param(blocking("a@x.test", enforcement=Enforcement(at=NOW, complete=True)), False, id="enforced"),
        pytest.param(blocking("a@x.test", enforcement=Enforcement(at=NOW, complete=False)), True, id="half done"),
        pytest.param(
            blocking("a@x.test", until=NOW + timedelta(hours=1), enforcement=Enforcement(at=NOW, complete=True)),
            True,
            id="a block ran out since",
        ),
    ],
)
def test_aws_is_looked_at_only_when_something_is_due(standing, expected):
    assert due(standing, LATER) is expected


def test_a_tenant_never_judged_and_in_order_gets_no_standing_by_being_looked_at():
    world = World()
    carry_out(manifest(), world.outside, NOW)
    assert not any(key.startswith("standing/") for key in world.archive.objects)
