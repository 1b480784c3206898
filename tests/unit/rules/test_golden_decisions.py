"""Every decision, sentence, number and id as it was reviewed; see golden_decisions.py for writing them anew."""

import json

import pytest
from golden_decisions import FILE, SCENARIOS, decision

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_decision_is_the_reviewed_one(name):
    assert decision(name) == GOLDEN[name]


def test_nothing_reviewed_is_left_over():
    assert GOLDEN.keys() == SCENARIOS.keys()
