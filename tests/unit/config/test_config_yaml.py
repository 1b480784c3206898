"""YAML itself: limits, surprises and positions (faults F1 to F4)."""

import re
import subprocess
import sys
import time

import pytest
import yaml

from provisioner.config.problem import Code
from provisioner.config.tenant import parse_tenant
from provisioner.config.text import Misplaced
from provisioner.config.tree import MAX_DEPTH, Mapping, parse

LOADERS = [yaml.SafeLoader] + ([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])
GOOD = b"id: bakery\nname: Bakery\ndomain: bakery.example\ncontacts: [anna@mail.example]\n"


def problems(content: bytes | str, file="tenants/bakery.yaml"):
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return [str(problem) for problem in sorted(parse_tenant(file, data).reading.problems, key=lambda p: p.order)]


def test_the_smallest_file_is_a_tenant():
    assert problems(GOOD) == []


WRONG = {
    "F1 duplicate key": (
        GOOD + b"name: Other\n",
        'tenants/bakery.yaml:5:1: "name" is here twice; the first is at 2:1 [C110]',
    ),
    "F1 duplicate key, nested": (
        GOOD + b"dmarc:\n  percent: 1\n  'percent': 2\n",
        'tenants/bakery.yaml:7:3: "percent" is here twice; the first is at 6:3 [C110]',
    ),
    "F1 duplicate option, once split up": (
        GOOD + b"conduct:\n  overrides:\n    hard.suspend: 3\n    hard: {suspend: 4}\n",
        "tenants/bakery.yaml:8:21: conduct.overrides.hard.suspend: is here twice, as one name and split up [C110]",
    ),
    "F2 anchor": (b"id: &x bakery\n", "tenants/bakery.yaml:1:5: anchors and aliases (& and *) are not"),
    "F2 alias": (b"id: *x\n", "tenants/bakery.yaml:1:5: anchors and aliases"),
    "F2 merge key": (b"<<: {id: bakery}\n", "tenants/bakery.yaml:1:1: merge keys (<<) are not allowed [C106]"),
    "F2 size": (GOOD + b"#" * 65_536, "tenants/bakery.yaml:1:1: the file is larger than 64 KiB [C102]"),
    "F4 python tag": (
        b"id: !!python/object/apply:os.system [id]",
        'tenants/bakery.yaml:1:5: tags such as "tag:yaml.org,2002:python/object/apply:os.system" are not',
    ),
    "F4 plain tag": (b"id: !!str bakery", "tenants/bakery.yaml:1:5: tags such as"),
    "NUL": (b"id: a\x00b", "tenants/bakery.yaml:1:6: invisible character U+0000 [C104]"),
    "F13 escape sequence": (b"id: a\n# \x1b[31m", "tenants/bakery.yaml:2:3: invisible character U+001B [C104]"),
    "F13 bidi": ("name: a\u202eb", "tenants/bakery.yaml:1:8: invisible character U+202E [C104]"),
    "F13 bidi, written as an escape": (
        GOOD.replace(b"Bakery", b'"a\\u202eb"'),
        "tenants/bakery.yaml:2:7: name: invisible character U+202E [C104]",
    ),
    "F12 newline, written as an escape": (
        GOOD.replace(b"Bakery", b'"a\\r\\nBcc: x"'),
        "tenants/bakery.yaml:2:7: name: must be on one line [C104]",
    ),
    "F12 newline in a block": (
        GOOD.replace(b"Bakery", b"|\n  a\n  b"),
        "tenants/bakery.yaml:2:7: name: must be on one line [C104]",
    ),
    "latin-1": ("name: Müller".encode("latin-1"), "tenants/bakery.yaml:1:8: the file is not UTF-8 text [C103]"),
    "latin-1 after a byte order mark": (
        b"\xef\xbb\xbfname: M\xfcller",
        "tenants/bakery.yaml:1:8: the file is not UTF-8 text [C103]",
    ),
    "UTF-16": ("id: a".encode("utf-16"), "tenants/bakery.yaml:1:1: the file is not UTF-8 text [C103]"),
    "byte order mark inside": ("id: a\ufeff", "tenants/bakery.yaml:1:6: invisible character U+FEFF [C104]"),
    "empty": (b"", "tenants/bakery.yaml:1:1: the file is empty [C109]"),
    "only a comment": (b"# nothing\n", "tenants/bakery.yaml:1:1: the file is empty [C109]"),
    "a list": (b"- a\n", "tenants/bakery.yaml:1:1: expected keys and values"),
    "a word": (b"bakery\n", "tenants/bakery.yaml:1:1: expected keys and values"),
    "two documents": (b"id: a\n---\nid: b\n", "tenants/bakery.yaml:2:1: the file holds more than one document"),
    "key is a list": (b"[a]: b\n", "tenants/bakery.yaml:1:1: a key must be a word [C111]"),
    "key is a novel": (
        b"? " + b"a" * 50_000,
        "tenants/bakery.yaml:1:3: a key is longer than 100 characters [C111]",
    ),
    "not YAML": (b"id: 'a\nname: b: c", "tenants/bakery.yaml:2:"),
    "tab": (b"dmarc:\n\tpercent: 1\n", "tenants/bakery.yaml:2:1: not YAML: found character"),
}


@pytest.mark.parametrize(("content", "expected"), WRONG.values(), ids=WRONG)
def test_what_no_file_may_hold(content, expected):
    assert any(found.startswith(expected) for found in problems(content)), problems(content)


def test_utf8_byte_order_mark_at_the_start_is_read_over():
    """Windows editors write one; it says nothing."""
    assert problems(b"\xef\xbb\xbf" + GOOD) == []


@pytest.mark.parametrize("written", ["007", "no", "On", "yes", "~", "null", "12:30:45", "1_000", "0x1F", "1e3", "0o17",
                                     "2024-02-29", "2024-02-29 10:00:00", ".inf", "12", "1.5", "=",
                                     "true"])  # fmt: skip
def test_values_that_change_their_meaning_are_asked_for_in_quotes(written):
    """F3: never converted in silence, never guessed back."""
    content = GOOD.replace(b"Bakery", written.encode())
    (found,) = problems(content)
    assert found.startswith(f'tenants/bakery.yaml:2:7: name: YAML reads "{written}" without quotes as ')
    assert found.endswith(f'[C204] → write "{written}" with the quotes')
    assert problems(GOOD.replace(b"Bakery", f'"{written}"'.encode())) == []


@pytest.mark.parametrize("written", ["yes", "True", '"true"', "1", "[true]"])
def test_true_and_false_have_one_spelling(written):
    (found,) = problems(GOOD + f"ses_tenant: {written}\n".encode())
    assert "[C203]" in found


@pytest.mark.parametrize("written", ["1_0", "010", "0x10", "1.0", '"10"', "ten", "+5", "9" * 30])
def test_whole_numbers_have_one_spelling(written):
    (found,) = problems(GOOD + f"dmarc: {{percent: {written}}}\n".encode())
    assert re.search(r":5:18: dmarc\.percent: expected a whole number.*\[C203\]", found)


@pytest.mark.parametrize("loader", LOADERS)
def test_nesting_is_refused_while_reading(loader):
    """F2: a 25 kB file of brackets must be cheap, and must not reach anything that recurses without a limit."""
    for bomb in ("[" * 25_000, "{a: " * 16_000, "- " * 32_000, "? " * 30_000, "[{" * 30_000, "a:\n " + "- " * 30_000):
        start = time.perf_counter()
        with pytest.raises(Misplaced) as caught:
            parse(bomb, loader=loader)
        assert caught.value.wrong.code in (Code.TOO_DEEP, Code.SYNTAX)
        assert time.perf_counter() - start < 2


def test_nesting_up_to_the_limit_is_read():
    deep = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert isinstance(parse(deep)[0], Mapping)


def test_a_file_of_brackets_does_not_take_the_process_down():
    """F2, in a process of its own: a crash of the C library could not be caught here."""
    code = (
        "from provisioner.config.tenant import parse_tenant\n"
        "for text in ('[' * 25_000, '[' * 65_000, '{a: ' * 16_000):\n"
        "    print(parse_tenant('tenants/a.yaml', text.encode()).reading.problems[0].code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, ["C108"] * 3), done.stderr


@pytest.mark.skipif(len(LOADERS) == 1, reason="PyYAML without libyaml")
def test_both_parsers_build_the_same_tree():
    text = (
        'id: bakery\nname: "B\\u00e4ckerei 🥐"\n# c\ncontacts:\n  - a@b.example\n  - \'c\'\nx: {y: [1, ~, "2"], z: }\n'
    )
    trees = [parse(text, loader=loader)[0] for loader in LOADERS]
    assert trees[0].keys == trees[1].keys
    assert list(trees[0].entries.values())[:3] == list(trees[1].entries.values())[:3]
