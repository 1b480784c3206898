"""A short run of tests/bench/fuzz_config.py (faults F1 to F4), and proof that it would find something."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))

import fuzz_config


@pytest.mark.parametrize("seed", range(2))
def test_nothing_found(seed):
    fuzz_config.fuzz_blindly(seed, 150)


def test_a_planted_fault_is_found(monkeypatch):
    monkeypatch.setattr("provisioner.config.reading.require_one_line", lambda text: text.encode("ascii").decode())
    with pytest.raises(UnicodeEncodeError):
        fuzz_config.fuzz_blindly(1, 300)
