"""What holds for any events: order, repetition and batching change nothing; nothing acts below the minimum."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules_events import NOW, bounced, complained, delivered, event, judged, viruses
from strategies import addresses, batches, events, wild_events

from provisioner.feedback.facts import decode_rows, encode_facts
from provisioner.model.event import Kind
from provisioner.model.standing import Standing, State
from provisioner.rules import decide, dump_standing, load_standing, reinstate, resolve_policy

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RANK = list(State)
BAD = (Kind.HARD, Kind.COMPLAINT, Kind.AMBIGUOUS_COMPLAINT, Kind.VIRUS)
STANDARD = resolve_policy("standard")


def decided(found, standing=None, **more):
    return decide(found, standing or Standing(tenant="bakery"), STANDARD, NOW, **more)


@QUICK
@given(batches(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(found, random):
    """M2, invariant 2."""
    again = [*found, *random.choices(found, k=len(found))] if found else []
    random.shuffle(again)
    assert decided(again).standing == decided(found).standing


@QUICK
@given(batches(), st.integers(0, 60))
def test_the_memory_of_two_batches_is_the_memory_of_both(found, cut):
    """M2: the windows, and so whatever is decided from them next, are the same."""
    whole = decided(found)
    parts = decided(found[cut:], decided(found[:cut]).standing)
    assert _memory(parts) == _memory(whole)
    assert RANK.index(parts.after) >= RANK.index(whole.after)
    assert whole.standing.blocks.keys() <= parts.standing.blocks.keys()


@QUICK
@given(batches(events(kinds=(Kind.VIRUS, Kind.HARD, Kind.COMPLAINT, Kind.DELIVERY))), st.integers(0, 60))
def test_blocks_do_not_depend_on_batches(found, cut):
    """Hard bounces and complaints: once decided never taken back, so split or not, the blocks are the same."""
    whole, parts = decided(found), decided(found[cut:], decided(found[:cut]).standing)
    assert {a: b.reason for a, b in parts.standing.blocks.items()} == {
        a: b.reason for a, b in whole.standing.blocks.items()
    }


def _memory(verdict):
    return {name: part for name, part in verdict.standing.windows.items() if name not in ("warned", "lifted", "closed")}


@QUICK
@given(batches())
def test_judging_twice_is_judging_once(found):
    """D1."""
    once = decided(found)
    twice = decided(found, once.standing)
    assert twice.standing == once.standing
    assert not twice.actions


@QUICK
@given(batches())
def test_a_verdict_survives_storing(found):
    standing = decided(found).standing
    assert load_standing(dump_standing(standing)) == standing


@QUICK
@given(batches(), batches(events(kinds=BAD, to=st.integers(0, 999).map("new{}@web.de".format)), max_size=30))
def test_more_bad_events_never_lighten_a_verdict(found, more):
    """Bounces of further people, complaints and viruses: the state is never milder for them, nor any block gone."""
    known = {each.id for each in found}
    fewer = decided([each for each in found if each.kind is not Kind.SOFT])
    worse = decided([*(e for e in found if e.kind is not Kind.SOFT), *(each for each in more if each.id not in known)])
    assert RANK.index(worse.after) >= RANK.index(fewer.after)
    assert fewer.standing.blocks.keys() <= worse.standing.blocks.keys()


@QUICK
@given(batches(), batches())
def test_a_tenants_events_touch_nobody_else(mine, others):
    """Invariant 4: judging one tenant gives the same whatever was judged before in the same process."""
    alone = decided(mine)
    decided(others, Standing(tenant="butcher"))
    assert decided(mine) == alone


@QUICK
@given(st.integers(0, 4), st.integers(0, 1), st.integers(0, 60))
def test_nothing_acts_below_the_minimum_evidence(hard, complaints, good):
    """C8, invariant 6: whatever the rate."""
    assert judged(bounced(hard), complained(complaints), delivered(good)).after is State.GOOD


@QUICK
@given(batches(max_size=40), batches(max_size=40))
def test_suspension_never_lifts_itself(before, after):
    """Invariant 3."""
    stopped = judged(viruses(1), before).standing
    assert not decided(after, stopped).after.may_send
    much_later = decide([], stopped, STANDARD, NOW + timedelta(days=900))
    assert not much_later.after.may_send


@QUICK
@given(batches())
def test_a_reinstatement_restarts_the_windows(found):
    """C11: after it, the same events and any older ones do nothing."""
    stopped = judged(viruses(1), found).standing
    back = reinstate(stopped, by="Ada", reason="explained", now=NOW)
    again = decided(found, back)
    assert again.after is State.GOOD
    assert not [one for one in again.actions if type(one).__name__ != "UnblockRecipient"]


@settings(max_examples=150, deadline=None)
@given(st.lists(wild_events, max_size=25), st.booleans(), st.booleans())
def test_no_event_whatever_raises(found, fast, drill):
    """B8, B14, B17: any stamp, any text."""
    verdict = decided(found, fast=fast, drill=drill)
    load_standing(dump_standing(decided(found, verdict.standing).standing))


@QUICK
@given(batches(events(to=addresses, id_=st.integers(0, 9_999).map("AAAAAAAA{:04d}".format)), max_size=80))
def test_rows_of_deliveries_are_the_same_as_their_events(found):
    """The form in which the audit reads deliveries is only a faster one."""
    rows = list(decode_rows(encode_facts("bakery", found)))
    assert decided(rows).standing == decided(found).standing


@QUICK
@given(batches())
def test_judging_when_collecting_first_changes_nothing_for_the_audit(found):
    fast = decided(found, fast=True)
    audit = decided(found, fast.standing)
    assert _memory(audit) == _memory(decided(found))
    assert RANK.index(audit.after) >= RANK.index(fast.after)


def test_an_event_in_the_future_or_from_1970_counts_when_it_arrives():
    """B14."""
    for at in (0, int((NOW + timedelta(days=3_000)).timestamp() * 1000)):
        odd = event(Kind.HARD, "gone@web.de")
        odd = type(odd)(odd.kind, odd.id, at, odd.arrived, "", odd.recipient, "5.1.1")
        assert list(decided([odd]).standing.blocks) == ["gone@web.de"]
