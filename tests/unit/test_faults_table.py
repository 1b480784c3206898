"""docs/faults.md against the tests it names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| ([A-J]\d+) \| (.+?) \| (.+) \|")
ROWS = [match.groups() for line in (ROOT / "docs" / "faults.md").read_text().splitlines() if (match := ROW.match(line))]
EACH = {"A": 20, "B": 18, "C": 15, "D": 21, "E": 20, "F": 15, "G": 10, "H": 7, "I": 6, "J": 7}


def names(path):
    """Tests of a file: functions of Python, runs of Terraform."""
    text = path.read_text()
    if path.suffix == ".hcl":
        return set(re.findall(r'^run "(\w+)"', text, re.MULTILINE))
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def files(name):
    return [ROOT / name] if "/" in name else list((ROOT / "tests").rglob(name))


def test_every_row_is_there_once():
    assert [row for row, _, _ in ROWS] == [f"{group}{n}" for group, most in EACH.items() for n in range(1, most + 1)]


@pytest.mark.parametrize(("row", "fault", "cell"), ROWS, ids=[row for row, _, _ in ROWS])
def test_a_row_names_tests_that_exist_or_says_why_there_is_none(row, fault, cell):
    if cell.startswith("Not tested: "):
        assert len(cell) > 60
        return
    named = re.findall(r"`([^`]+)::(\w+)`", cell)
    assert named
    assert len(named) == cell.count("`") // 2
    for file, test in named:
        (path,) = files(file)
        assert test in names(path)
