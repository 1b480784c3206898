"""What the documents say about files and commands is so."""

import re
from pathlib import Path

import pytest

from provisioner.cli.main import VERBS

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def name(page):
    return str(page.relative_to(ROOT))


def code(text):
    """Code blocks and inline code, where commands stand."""
    blocks = re.findall(r"```(?:bash|sh|text|console)?\n(.*?)```", text, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_is_named_exists(page):
    used = set(re.findall(r"(?:^|[\s$(])innkeeper ([a-z][a-z-]+)", code(page.read_text())))
    assert used <= set(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_script_that_is_named_exists(page):
    for script in set(re.findall(r"(?:\./)?(scripts/[a-z0-9-]+)", page.read_text())):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


def test_the_readme_begins_with_two_commands():
    text = (ROOT / "README.md").read_text()
    assert re.findall(r"```bash\n(.*?)\n```", text, re.DOTALL)[:2] == ["./scripts/demo", "./scripts/test"]


def test_ci_runs_the_tests_of_the_readme():
    assert "./scripts/test" in (ROOT / ".ci" / "run").read_text()
