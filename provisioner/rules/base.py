"""What a rule is made of: its options, its text for the catalogue, and the outcomes it may return."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from provisioner.model.standing import Evidence
from provisioner.model.verdict import Action, Finding

if TYPE_CHECKING:
    from provisioner.rules.view import View

PROFILES = ("friendly", "standard", "strict")
MOST_EVENTS = 20  # event ids that evidence names; the rest is a number
_AT_ONCE = 4_096

Value = int | float | str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One number (or word) of the policy that a profile, the platform or a tenant may set.

    ``type`` is ``whole`` (a whole number), ``share`` (0 to 1) or ``choice``. ``minimum`` and ``maximum`` belong
    to what still makes sense, not to what is wise.
    """

    name: str
    type: str
    defaults: Mapping[str, Value]  # per profile
    unit: str
    why: str
    minimum: float = 0
    maximum: float = 0
    choices: tuple[str, ...] = ()

    def problem(self, value: Any) -> str:
        """What is wrong with ``value``, in words; empty if it may be used."""
        if self.type == "choice":
            return "" if value in self.choices else f"expected one of {', '.join(self.choices)}, got {value!r}"
        whole = self.type == "whole"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return f"expected {'a whole number' if whole else 'a share between 0 and 1'}, got {value!r}"
        if not self.minimum <= value <= self.maximum:
            return f"expected {self.minimum:g} to {self.maximum:g} {self.unit}, got {value!r}"
        return ""


def whole(
    name: str, standard: int, unit: str, why: str, *, friendly: int | None = None, strict: int | None = None,
    least: int = 1, most: int = 1_000_000,
) -> Option:  # fmt: skip
    """Define an option that is a whole number; profiles not named take the standard value."""
    values = {"friendly": friendly, "standard": standard, "strict": strict}
    defaults: dict[str, Value] = {p: standard if v is None else v for p, v in values.items()}
    return Option(name=name, type="whole", defaults=defaults, unit=unit, why=why, minimum=least, maximum=most)


def share(
    name: str, standard: float, unit: str, why: str, *, friendly: float | None = None, strict: float | None = None
) -> Option:
    """Define an option that is a share between 0 and 1."""
    values = {"friendly": friendly, "standard": standard, "strict": strict}
    defaults: dict[str, Value] = {p: standard if v is None else v for p, v in values.items()}
    return Option(name=name, type="share", defaults=defaults, unit=unit, why=why, minimum=0, maximum=1)


def choice(name: str, standard: str, choices: tuple[str, ...], why: str, *, strict: str | None = None) -> Option:
    """Define an option that is one of a few words; where the strict profile differs, it is named."""
    defaults = {**dict.fromkeys(PROFILES, standard), "strict": strict or standard}
    return Option(name=name, type="choice", defaults=defaults, unit="", why=why, choices=choices)


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a rule returns: how bad (info, warn, act), why, and what to do about it (None: only show it)."""

    severity: str
    evidence: Evidence
    action: Action | None = None

    @property
    def finding(self) -> Finding:
        return Finding(severity=self.severity, evidence=self.evidence)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the policy. ``judge`` is None where a rule looks at the fleet or the account, not at one tenant.

    ``fast``: also judged when events are collected, because waiting for the audit would be too late.
    ``last``: judged after all others, because it uses up what it reads.
    ``kind`` is what its suspensions are called in the history, which the escalation compares.
    """

    id: str
    title: str
    why: str
    source: str
    kind: str = ""
    options: tuple[Option, ...] = ()
    judge: "Callable[[View], Iterable[Outcome]] | None" = None
    fast: bool = False
    last: bool = False


def evidence(
    rule: str, sentence: str, events: Iterable[str], *,
    numbers: dict[str, Value] | None = None, limits: dict[str, Value] | None = None, total: int | None = None,
) -> Evidence:  # fmt: skip
    """Evidence with the first ids in order, whatever order they came in.

    Where ``total`` says how many there are, they may be many and are never held all at once.
    """
    if total is None:
        ids = list(events)
        ids = sorted(set(ids)) if len(ids) > 1 else ids
        first, total = ids[:MOST_EVENTS], len(ids)
    else:
        first, waiting = [], iter(events)
        while some := set(islice(waiting, _AT_ONCE)):
            first = sorted(some.union(first))[:MOST_EVENTS]
    return Evidence(
        rule=rule, sentence=sentence, numbers=numbers or {}, limits=limits or {}, events=tuple(first),
        events_total=total,
    )  # fmt: skip


def percent(part: float, whole_: float) -> str:
    """``2.5 %`` for people, two digits of it."""
    rate = 100 * part / whole_ if whole_ else 0.0
    return f"{rate:.0f} %" if rate >= 10 else f"{rate:.2g} %"  # noqa: PLR2004 -- two digits either way


def nth(count: int) -> str:
    """``first``, ``second``, ``third``, ``4th``."""
    return {1: "first", 2: "second", 3: "third"}.get(count, f"{count}th")


def people(count: int, noun: str = "address", plural: str = "addresses") -> str:
    """``1 address``, ``3 addresses``."""
    return f"{count:,} {noun if count == 1 else plural}"
