import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE

from provisioner.report import safe
from provisioner.report.safe import cell, header, message_id, table_csv, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Bäckerei 🥐", "plain Bäckerei 🥐"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("gnp.\u202eexe", "gnp.\\u202eexe"),
        ("a\r\nb", "a\\x0d\\x0ab"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_hidden_characters_are_shown_as_escapes(text, shown):
    """F13"""
    assert visible(text) == shown


@given(st.text())
def test_visible_text_is_one_printable_line_that_utf8_can_carry(text):
    """F13"""
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert visible(shown) == shown


def test_long_text_is_cut_and_says_so():
    assert visible("x" * 501) == "x" * 500 + "…"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_header_stays_one_line(text):
    """F12"""
    value = header(text)
    assert len(value.splitlines()) <= 1
    assert len(value) <= 900


@pytest.mark.parametrize("text", ["suspended-3f9a", "a b<c>@d\r\n", "ünï", "...", ""])
def test_a_message_id_needs_no_quoting(text):
    """H2"""
    assert set(message_id(text)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert message_id(text)


@given(st.text(min_size=1))
def test_no_cell_is_a_formula(text):
    """F11"""
    assert cell(text)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def test_numbers_stay_numbers_in_a_table():
    """F11: -1 as a number is no formula, as text it would be one."""
    assert (cell(-1), cell("-1"), cell(0.5)) == ("-1", "'-1", "0.5")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_a_table_reads_back_cell_by_cell(rows):
    """F11"""
    back = list(csv.reader(io.StringIO(table_csv(("a", "b"), rows), newline="")))
    assert back[1:] == [[cell(value) for value in row] for row in rows]


def test_no_template_trusts_data():
    """F10: escaping is never switched off, not even where it would do no harm today."""
    folder = Path(safe.__file__).parent
    sources = {path: path.read_text(encoding="utf-8") for path in (*folder.glob("templates/*"), *folder.glob("*.py"))}
    assert len(sources) > 20
    for path, text in sources.items():
        assert not re.search(r"\|\s*safe\b|autoescape (false|off)|Markup\(", text), path
