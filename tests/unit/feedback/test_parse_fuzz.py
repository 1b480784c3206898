"""A short run of tests/bench/fuzz_parse.py, and proof that it would find something."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))

import fuzz_parse


@pytest.mark.parametrize("seed", range(3))
def test_nothing_found(seed):
    fuzz_parse.fuzz_blindly(seed, 500)


def test_a_planted_fault_is_found(monkeypatch):
    def brittle(text):
        return {"5.1.1": "5.1.1", None: ""}[text]  # no other status was thought of

    monkeypatch.setattr("provisioner.feedback.events.read_status", brittle)
    with pytest.raises((KeyError, TypeError)):
        fuzz_parse.fuzz_blindly(1, 500)
