"""Every command explains itself, and the page of commands says the same."""

import importlib
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from provisioner.cli import docs
from provisioner.cli.main import GROUPS, VERBS, innkeeper, run
from provisioner.exit_codes import Exit

ROOT = Path(__file__).parents[3]
FILES = {path.stem for path in (ROOT / "provisioner" / "cli").glob("*.py")}


PARENT = innkeeper.make_context("innkeeper", ["status"])


def command(verb):
    return importlib.import_module(f"provisioner.cli.{verb}").command


def test_every_file_with_a_command_is_a_verb():
    text = {name: (ROOT / "provisioner" / "cli" / f"{name}.py").read_text(encoding="utf-8") for name in FILES}
    found = {name for name, code in text.items() if re.search(r"^def command\(", code, re.MULTILINE)}
    assert found == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_sentence_an_example_and_help_for_each_option(verb):
    words, example = docs.paragraphs(command(verb))
    assert words[0].endswith(".")
    assert example.startswith(f"innkeeper {verb}")
    for option in command(verb).params:
        if isinstance(option, click.Option):
            assert option.help, option.name
    for path in ("/tmp/", "/work/", "/opt/", "/home/"):  # noqa: S108 - not used, looked for
        assert path not in command(verb).get_help(click.Context(command(verb), parent=PARENT))


@pytest.mark.parametrize("verb", VERBS)
def test_help_fits_eighty_columns_and_ends_well(verb, capsys):
    assert run([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: innkeeper {verb}")
    assert max(map(len, shown.splitlines())) <= 80
    assert run([verb, "-h"]) == 0


def test_a_command_first_parsed_by_itself_still_knows_its_short_help(monkeypatch):
    monkeypatch.delitem(sys.modules, "provisioner.cli.drill")
    command("drill").make_context("drill", ["bakery"]).close()
    assert run(["drill", "-h"]) == 0


@pytest.mark.parametrize("verb", VERBS)
def test_an_example_is_a_command_line_that_is_understood(verb):
    """Parsed, not carried out: an option that was renamed must not live on in an example."""
    _, example = docs.paragraphs(command(verb))
    for line in re.split(r", then: ", example):
        _, name, *arguments = shlex.split(line)
        command(name).make_context(name, arguments, parent=PARENT).close()


def test_the_page_of_commands_is_up_to_date():
    written = (ROOT / docs.PAGE).read_text(encoding="utf-8")
    assert written == docs.page(), f"out of date; write it anew: {docs.REGENERATE}"
    assert [verb for verb in VERBS if f"\n### {verb}\n" not in written] == []


def test_every_exit_code_is_in_the_table_and_nothing_else():
    written = (ROOT / docs.PAGE).read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", written, re.MULTILINE)] == [code.value for code in Exit]


def test_the_guide_names_only_commands_and_options_there_are():
    options = {verb: {name for one in command(verb).params for name in one.opts} for verb in VERBS}
    wrong = []
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]:
        for verb, rest in re.findall(r"\binnkeeper ([a-z]+)\b([^\n`|;)]*)", path.read_text(encoding="utf-8")):
            if verb in VERBS:
                used = re.findall(r"(?<![\w-])--[a-z-]+", rest)
                wrong += [f"{path.name}: {verb} {one}" for one in used if one not in options[verb] | {"--help"}]
    assert not wrong


def test_all_commands_are_listed_without_importing_any(capsys, monkeypatch):
    monkeypatch.setattr(importlib, "import_module", lambda name: pytest.fail(f"imported {name}"))
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb} " in shown for verb in VERBS)
    assert all(words in shown for group in GROUPS.values() for words in group.values())


def test_the_version_is_printed(capsys):
    assert run(["--version"]) == 0
    assert re.match(r"innkeeper, version \d+\.\d+\.\d+", capsys.readouterr().out)


def test_help_of_a_verb_never_waits_for_the_sandbox_or_for_terraform():
    """Start-up: what takes half a second to import is imported by who needs it."""
    code = (
        "import sys; from provisioner.cli.main import run; run(['--help']); "
        "print([n for n in ('moto', 'boto3', 'rich', 'provisioner.tf', 'provisioner.rules') if n in sys.modules])"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - started < 5  # about 0.1 s on an idle core; the bound only finds a catastrophe
