"""The fairness benchmark in small: nobody innocent is suspended, every offender is found, nobody is wrongly blocked."""

import sys
from pathlib import Path

import pytest

from provisioner.rules import resolve_policy

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from fairness import Score
from fairness_fleet import GROUPS, member
from fairness_policies import OTHERS, ours, theirs


@pytest.mark.parametrize("seed", ["small", "another"])
def test_a_small_fleet_is_judged_without_a_flaw(seed):
    """Two of each group (of the larger honest ones fewer mails would not be honest: they stay large)."""
    policy, found, broker = resolve_policy("standard"), Score("ours"), Score("broker")
    fleet = [member(number, 100, seed) for number in range(100)]
    chosen = {one.name: one for group in GROUPS for one in [m for m in fleet if m.group == group][:2]}
    assert {one.group for one in chosen.values()} == set(GROUPS)
    for one in chosen.values():
        found.add(one, ours(one, policy, (20, 5)))
        broker.add(one, theirs(one, OTHERS[0]))
    assert found.flawless, (found.wrong_groups, found.missed_groups, found.blocked)
    assert broker.wrong  # the fleet is one that only dividing gets wrong
