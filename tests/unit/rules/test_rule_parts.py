"""The small parts all rules are made of: options, words, addresses, stored bytes, and the page made of them."""

from datetime import timedelta

import pytest
from rules_events import NOW

from provisioner.model.standing import Block, Standing
from provisioner.rules import (
    OPTIONS,
    StandingUnreadable,
    catalogue,
    dump_standing,
    load_standing,
    override_problems,
    resolve_policy,
)
from provisioner.rules.addresses import domain_of, local_of, named, usable
from provisioner.rules.base import Option, choice, evidence, nth, people, percent, share, whole

ALIKE = {"friendly": 3, "standard": 3, "strict": 3}
EACH = {"friendly": 5, "standard": 3, "strict": 0}


def meant(type_, defaults, unit, **limits):
    return Option(name="a.b", type=type_, defaults=defaults, unit=unit, why="why", **limits)


def test_an_option_is_made_of_what_was_said_and_the_rest_is_standard():
    assert whole("a.b", 3, "days", "why") == meant("whole", ALIKE, "days", minimum=1, maximum=1_000_000)
    assert whole("a.b", 3, "days", "why", friendly=5, strict=0, least=2, most=9) == meant(
        "whole", EACH, "days", minimum=2, maximum=9
    )
    assert share("a.b", 3, "of sends", "why") == meant("share", ALIKE, "of sends", minimum=0, maximum=1)
    assert share("a.b", 3, "of sends", "why", friendly=5, strict=0) == meant(
        "share", EACH, "of sends", minimum=0, maximum=1
    )
    assert choice("a.b", "x", ("x", "y"), "why") == meant("choice", dict.fromkeys(ALIKE, "x"), "", choices=("x", "y"))


REFUSED = {
    "quantum": (5, "no such option of the policy", "see docs/rules.md for the options"),
    "hard.flood.shar": (0.2, "no such option of the policy", "did you mean hard.flood.share?"),
    "hard.flood.share": (
        "lots", "expected a share between 0 and 1, got 'lots'", "the standard profile has 0.1 of sends",
    ),
    "guessing.terminate": ("now", "expected one of propose, auto, got 'now'", "the standard profile has propose"),
    "virus.terminate": (1, "expected 2 to 10 incidents, got 1", "the standard profile has 2 incidents"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_option_is_explained_word_for_word(name):
    value, problem, hint = REFUSED[name]
    assert override_problems({name: value}) == [(name, problem, hint)]


@pytest.mark.parametrize(("name", "ends"), [("blast.share", (0, 1)), ("virus.terminate", (2, 10))])
def test_both_ends_of_an_option_may_be_used(name, ends):
    assert [OPTIONS[name].problem(value) for value in ends] == ["", ""]


def test_a_policy_knows_its_profile_and_standard_is_the_usual_one():
    assert resolve_policy() == resolve_policy("standard")
    assert [resolve_policy(name).profile for name in ("friendly", "standard", "strict")] == list(ALIKE)


def test_counts_and_rates_in_words():
    assert [nth(count) for count in range(1, 6)] == ["first", "second", "third", "4th", "5th"]
    assert [people(count) for count in (0, 1, 2, 1_000)] == [
        "0 addresses",
        "1 address",
        "2 addresses",
        "1,000 addresses",
    ]
    assert people(1, "recipient", "recipients") == "1 recipient"
    assert [percent(*each) for each in ((1, 0), (1, 1), (1, 10), (99, 1_000), (1, 3_000))] == [
        "0 %", "100 %", "10 %", "9.9 %", "0.033 %",
    ]  # fmt: skip


def test_evidence_counts_each_event_once_and_names_twenty():
    assert evidence("r", "s", ["b", "a", "b"]).events == evidence("r", "s", ["b", "a"]).events == ("a", "b")
    many = evidence("r", "s", [f"{i:02d}" for i in range(21, 0, -1)])
    assert (len(many.events), many.events[0], many.events_total) == (20, "01", 21)
    assert (evidence("r", "s", ["a"], total=7).events_total, evidence("r", "s", ()).events_total) == (7, 0)


@pytest.mark.parametrize(
    ("address", "local", "domain", "may_block"),
    [
        ("a@b.c", "a", "b.c", True),
        ("a@b", "a", "b", True),
        ("@a@b.c", "@a", "b.c", True),
        ('"a@b"@c.d', '"a@b"', "c.d", True),
        ("boss", "", "boss", False),
        ("@b.c", "", "b.c", False),
        ("a@", "a", "", False),
        ("", "", "", False),
    ],
)
def test_an_address_is_split_at_its_last_at(address, local, domain, may_block):
    assert (local_of(address), domain_of(address), usable(address)) == (local, domain, may_block)


@pytest.mark.parametrize(
    ("typed", "name"), [("Boss@Web.de", "boss@web.de"), ("<Boss@WEB.de>", "boss@web.de"), ("The Boss", "the boss")]
)
def test_an_address_is_named_as_events_name_it(typed, name):
    assert named(typed) == name


RESTORE = "restore an earlier version of the object (the bucket keeps them); nothing was judged and nothing was changed"
UNREADABLE = {
    b"": ("the stored standing is no JSON: ", RESTORE),
    b"[]": ("the stored standing is no JSON object", RESTORE),
    b'{"tenant": 3}': ("the stored standing does not fit: ", RESTORE),
    b'{"tenant": "t", "windows": [1]}': (
        "the stored standing does not fit: ", RESTORE,
    ),
    b'{"tenant": "t", "schema": "1"}': (
        "the stored standing has schema 1, this program knows up to 1",
        "use the program version that wrote it; nothing was judged and nothing was changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_no_standing_is_refused_with_what_to_do(body):
    """D13."""
    with pytest.raises(StandingUnreadable) as err:
        load_standing(body)
    message, hint = UNREADABLE[body]
    assert err.value.args[0].startswith(message)
    assert err.value.hint == hint


def test_a_standing_is_stored_to_be_read_and_compared():
    held = {name: Block(reason="hard", since=NOW - timedelta(days=1)) for name in ("b@b.c", "a@b.c")}
    body = dump_standing(Standing(tenant="bakery", blocks=held))
    assert body.startswith(b'{\n "tenant": "bakery",\n')
    assert body.index(b"a@b.c") < body.index(b"b@b.c")
    assert body.endswith(b"}\n")
    assert load_standing(body) == Standing(tenant="bakery", blocks=held)
    assert load_standing(b'{"tenant": "t", "windows": {}}').windows == {}


def test_the_page_of_the_rules_is_written_into_the_working_copy(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(catalogue, "__file__", str(tmp_path / "provisioner" / "rules" / "catalogue.py"))
    catalogue.main()
    assert (tmp_path / "docs" / "rules.md").read_bytes() == catalogue.document().encode()
