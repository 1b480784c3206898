"""Text on the terminal: what strangers wrote is shown, never obeyed; numbers and lines read well."""

import io
import json
import re
import unicodedata
from pathlib import Path

import click
import pytest
from rich.table import Table
from strategies_hostile import HOSTILE

from provisioner.cli.app import App, NeedsYesError, SafeConsole, show_table, wrapped
from provisioner.cli.text import count, json_text, printable, some
from provisioner.onboarding.changes import _WORDS, counted

MODULES = Path(__file__).parents[3] / "terraform" / "modules"
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def raw(text):
    """Characters that a terminal obeys or hides."""
    return [char for char in text if char != "\n" and unicodedata.category(char) in HIDDEN]


@pytest.fixture
def console():
    return SafeConsole(file=io.StringIO(), width=40, highlight=False)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("way", ["print", "plain", "wrapped"])
def test_nothing_hidden_reaches_the_terminal(console, text, way):
    """F13, in whichever way a command prints; even where the caller forgot to escape."""
    if way == "print":
        console.print(printable(text), markup=False)
    elif way == "plain":
        console.print(text, markup=False)
    else:
        wrapped(console, text, first="    ", rest="      ")
    assert raw(console.file.getvalue()) == []


@pytest.mark.parametrize("text", [t for t in HOSTILE.values() if "\ud800" not in t])
def test_json_holds_the_same_text_without_anything_hidden(text):
    """F13, and nothing is lost on the way."""
    shown = json_text({"name": text})
    assert raw(shown) == []
    assert json.loads(shown) == {"name": text}


def test_markup_in_data_stays_text(console):
    wrapped(console, "[red]not red[/] [link=http://x]", first="[b]bakery[/]: ")
    assert "[red]not red[/]" in console.file.getvalue()


def test_a_newline_in_data_starts_no_line_of_its_own(console):
    wrapped(console, "said\nbakery: good", first="    ", rest="    ")
    assert all(line.startswith("    ") for line in console.file.getvalue().splitlines())


def test_long_words_are_never_cut_so_that_they_can_be_copied(console):
    value = "x4hn7vjl57fu5mlfiqrtrqjel3maarc4._domainkey.bakery.example"
    wrapped(console, f"Add a CNAME record named {value} now", first="→ ", rest="  ")
    assert value in console.file.getvalue()


def test_a_table_wider_than_the_terminal_loses_nothing(console):
    table = Table(box=None)
    table.add_column("name")
    table.add_column("value")
    table.add_row("n" * 50, "v" * 50)
    show_table(console, table)
    assert "n" * 50 + "  " + "v" * 50 in console.file.getvalue()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (count(0, "tenant"), "0 tenants"),
        (count(1, "tenant"), "1 tenant"),
        (count(1200, "delivery", "deliveries"), "1,200 deliveries"),
        (some(["a", "b"]), "a, b"),
        (some([f"a{n}" for n in range(7)]), "a0, a1, a2, a3, a4 and 2 more"),
        (counted({"policy": 2, "DNS zone": 1, "e-mail identity": 3}), "2 policies, 1 DNS zone, 3 e-mail identities"),
        (counted({"iam group": 2}), "iam group (2 of them)"),
    ],
)
def test_numbers_read_well(said, words):
    assert said == words


def test_every_resource_of_the_modules_has_words():
    types = {
        kind
        for path in MODULES.rglob("*.tf")
        for kind in re.findall(r'^resource "([a-z0-9_]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert types - _WORDS.keys() == set()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("typed", "yes", "ends"),
    [
        ("bakery\n", False, None),
        ("Bakery\n", False, click.Abort),
        ("\n", False, click.Abort),
        ("y\n", False, click.Abort),
        ("", True, None),
        (None, False, NeedsYesError),
        (None, True, None),
    ],
    ids=["the name", "other capitals", "nothing", "yes", "--yes", "a pipe", "--yes in a pipe"],
)
def test_what_cannot_be_undone_is_asked_for_by_name(monkeypatch, tmp_path, typed, yes, ends):
    monkeypatch.setattr("sys.stdin", io.StringIO("bakery\n") if typed is None else Terminal(typed))
    app = App(tmp_path, "text", None, False)
    if ends is None:
        app.confirm_name("bakery", "This cannot be undone.", yes=yes)
    else:
        with pytest.raises(ends):
            app.confirm_name("bakery", "This cannot be undone.", yes=yes)
