"""The numbers in force for one tenant: a profile, then the platform's overrides, then the tenant's own."""

import hashlib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from provisioner.errors import ConfigError
from provisioner.rules.base import PROFILES, Option, Value


class Policy(msgspec.Struct, frozen=True):
    """Every option with its value. ``hash`` names this set of numbers: the same numbers, the same hash."""

    profile: str
    values: Mapping[str, Value]
    hash: str

    def whole(self, name: str) -> int:
        return int(self.values[name])

    def share(self, name: str) -> float:
        return float(self.values[name])

    def word(self, name: str) -> str:
        return str(self.values[name])


def flatten(overrides: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """``{"soft": {"recipient": {"strikes": 2}}}`` and ``{"soft.recipient.strikes": 2}`` alike, as dotted names."""
    for key, value in overrides.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            yield from flatten(value, name)
        else:
            yield name, value


def problems(overrides: Mapping[str, Any], options: Mapping[str, Option]) -> list[tuple[str, str, str]]:
    """All that is wrong with overrides: (dotted name, problem, hint). Empty: they may be used."""
    found = []
    for name, value in flatten(overrides):
        option = options.get(name)
        if option is None:
            near = get_close_matches(name, options, n=1)
            hint = f"did you mean {near[0]}?" if near else "see docs/rules.md for the options"
            found.append((name, "no such option of the policy", hint))
        elif problem := option.problem(value):
            standard = option.defaults["standard"]
            found.append((name, problem, f"the standard profile has {standard} {option.unit}".rstrip()))
    return found


def resolve(options: Mapping[str, Option], profile: str, overrides: tuple[Mapping[str, Any], ...]) -> Policy:
    """The policy of a profile with overrides on top, the last one winning. Raises ConfigError."""
    if profile not in PROFILES:
        raise ConfigError(f"no such policy profile: {profile!r}", hint=f"use one of {', '.join(PROFILES)}")
    wrong = [f"{name}: {problem} ({hint})" for each in overrides for name, problem, hint in problems(each, options)]
    if wrong:
        raise ConfigError("\n".join(wrong), hint="correct the policy; nothing was judged")
    values = {name: option.defaults[profile] for name, option in options.items()}
    for each in overrides:
        values.update(flatten(each))
    text = msgspec.json.encode(values, order="sorted")
    return Policy(profile, values, hashlib.sha256(text).hexdigest()[:16])
