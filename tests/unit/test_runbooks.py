"""Every alarm has a page that says what to do, and every page belongs to an alarm."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALARMS = sorted((ROOT / "terraform" / "modules" / "platform").glob("*.tf"))
BOOKS = ROOT / "docs" / "runbooks"
METRIC_SOURCES = (
    ROOT / "provisioner" / "conduct" / "summary.py",
    ROOT / "provisioner" / "conduct" / "monthly_drill.py",
    ROOT / "lambdas" / "collect" / "handler.py",
)


def blocks():
    text = "\n".join(path.read_text() for path in ALARMS)
    found = re.findall(r'^resource "aws_cloudwatch_metric_alarm" "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    table = dict(found)
    each = table.pop("counted")
    rows = re.findall(r'^ +([a-z-]+) += \{ by = "\w+", metric = "(\w+)", ', text, re.MULTILINE)
    for name, metric in rows:
        row = each.replace("${each.key}", name).replace("each.value.metric", f'"{metric}"')
        table[name] = row
    assert len(rows) >= 8
    assert len(table) >= 15
    return table


def page(block):
    return re.findall(r"\$\{local\.page\}/([a-z-]+)\.md", re.search(r"alarm_description\s*=\s*(.*)", block).group(1))


@pytest.mark.parametrize("alarm", sorted(blocks()))
def test_every_alarm_names_exactly_one_page_that_exists(alarm):
    (name,) = page(blocks()[alarm])
    text = (BOOKS / f"{name}.md").read_text()
    assert all(part in text for part in ("**What it means.**", "**Look at**", "**Do**"))
    assert f"({name}.md)" in (BOOKS / "README.md").read_text()


def test_every_page_belongs_to_an_alarm():
    named = {name for block in blocks().values() for name in page(block)}
    assert named == {path.stem for path in BOOKS.glob("*.md")} - {"README"}
    listed = set(re.findall(r"\(([a-z-]+)\.md\)", (BOOKS / "README.md").read_text()))
    assert listed == named


def test_every_metric_of_ours_that_an_alarm_reads_is_written_by_a_function():
    """D9: a watcher that waits for a name nobody writes never rings."""
    watched = {
        re.search(r'metric_name\s*=\s*"(\w+)"', block).group(1)
        for block in blocks().values()
        if re.search(r"namespace\s*=\s*local\.metrics\.namespace", block)
    }
    written = set().union(*(re.findall(r'"([A-Z]\w+)"', path.read_text()) for path in METRIC_SOURCES))
    assert watched
    assert watched <= written
