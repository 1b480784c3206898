"""Profiles, overrides, and the catalogue made of the rules themselves."""

from pathlib import Path

import pytest

from provisioner.errors import ConfigError
from provisioner.rules import OPTIONS, PROFILES, RULES, override_problems, resolve_policy
from provisioner.rules.catalogue import document

ROOT = Path(__file__).parents[3]


def test_the_catalogue_is_fresh():
    """Regenerate with: python -m provisioner.rules.catalogue"""
    assert (ROOT / "docs" / "rules.md").read_text() == document()


def test_every_rule_and_option_explains_itself():
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert len(OPTIONS) == sum(len(rule.options) for rule in RULES)
    for rule in RULES:
        assert rule.title
        assert rule.why.endswith(".")
        assert rule.source
    for option in OPTIONS.values():
        assert option.why
        assert {option.problem(option.defaults[profile]) for profile in PROFILES} == {""}


LIMITS = [name for name in OPTIONS if name.endswith(("suspend", "warn", "suspend_share", "warn_share", "strikes"))]


@pytest.mark.parametrize("name", LIMITS)
def test_strict_is_never_milder_and_friendly_never_stricter(name):
    friendly, standard, strict = (OPTIONS[name].defaults[profile] for profile in PROFILES)
    assert strict <= standard <= friendly


def test_overrides_nested_or_dotted_the_last_one_wins():
    platform, tenant = {"soft": {"recipient": {"strikes": 4}}}, {"soft.recipient.strikes": 6}
    assert resolve_policy("standard", platform).whole("soft.recipient.strikes") == 4
    assert resolve_policy("standard", platform, tenant).whole("soft.recipient.strikes") == 6
    assert resolve_policy("standard", {}).hash == resolve_policy("standard").hash
    assert resolve_policy("standard", platform).hash != resolve_policy("standard").hash
    assert resolve_policy("strict").hash != resolve_policy("standard").hash


WRONG = {
    "unknown": ({"soft.recipient.strike": 3}, "did you mean soft.recipient.strikes"),
    "text": ({"soft.recipient.strikes": "lots"}, "expected a whole number, got 'lots'"),
    "flag": ({"soft.recipient.strikes": True}, "expected a whole number"),
    "fraction": ({"soft.recipient.strikes": 2.5}, "expected a whole number"),
    "too small": ({"soft.recipient.strikes": 0}, "expected 1 to 30 days, got 0"),
    "share above one": ({"hard.flood.share": 10}, "expected 0 to 1 of sends, got 10"),
    "not a number": ({"hard.flood.share": float("nan")}, "expected 0 to 1"),
    "choice": ({"guessing.terminate": "now"}, "expected one of propose, auto, got 'now'"),
}


@pytest.mark.parametrize(("overrides", "message"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_refused_in_words(overrides, message):
    with pytest.raises(ConfigError) as err:
        resolve_policy("standard", overrides)
    assert message in str(err.value)
    ((name, _, _),) = override_problems(overrides)
    assert name == next(iter(overrides))


def test_an_unknown_profile_is_refused():
    with pytest.raises(ConfigError, match="no such policy profile"):
        resolve_policy("lenient")
