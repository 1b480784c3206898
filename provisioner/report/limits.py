"""How near a tenant is to each limit of its policy, read from what the rules compared.

The rules decide and this only shows, so no threshold is worked out twice. A limit that asks for a share *and* a
number is reached when both are: the bar shows whichever of the two is farther from it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from provisioner.model.standing import Evidence
from provisioner.report.data import Limit
from provisioner.report.words import number, percent

# The rules that judge a tenant as a whole: what their bar is called, and what they count.
_BARS = {
    "hard-tenant": ("Addresses that do not exist", "addresses"),
    "complaint-tenant": ("People who complained", "complainants"),
    "soft-tenant": ("Mailboxes that could not take mail", "addresses"),
}

_PEOPLE = {"complainants": "people"}


class Mark(NamedTuple):
    """One threshold: reached at ``least``, and at ``share`` where there is one."""

    least: float
    share: float | None = None

    def words(self, noun: str) -> str:
        """``8 % and 15 addresses``."""
        least = f"{number(self.least)} {noun}"
        return f"{percent(self.share)} and {least}" if self.share else least

    def used(self, counted: float, share: float) -> float:
        """How much of the way is gone: 1 is the threshold itself."""
        by_count = counted / self.least if self.least else 1.0
        return min(by_count, share / self.share) if self.share else by_count


def barred(rule: str) -> bool:
    """Tell whether a rule's findings are shown as a bar."""
    return rule in _BARS


def limits_of(evidence: Iterable[Evidence]) -> tuple[Limit, ...]:
    """One bar per rule; a rule that saw nothing shows an empty one. The last evidence of a rule counts."""
    last = {item.rule: item for item in evidence if item.rule in _BARS}
    bars = [_bar(rule, last.get(rule)) for rule in _BARS]
    return tuple(sorted(bars, key=lambda bar: -bar.nearness))


def _bar(rule: str, evidence: Evidence | None) -> Limit:
    label, noun = _BARS[rule]
    counted = _number(evidence.numbers, noun) if evidence else None
    warn, suspend = _marks(evidence.limits, noun) if evidence else (None, None)
    end = suspend or warn
    if evidence is None or counted is None or end is None:
        return Limit(rule=rule, label=label, sentence="None so far.", marks="", value=0, act=1)
    share = _share(evidence.numbers, counted)
    by_share = end.share is not None and share / end.share < counted / end.least
    warn_at = None if warn is None or suspend is None else _on_scale(warn, end, by_share=by_share)
    return Limit(
        rule=rule,
        label=label,
        sentence=evidence.sentence,
        marks=_words(warn, suspend, _PEOPLE.get(noun, noun)),
        value=share if by_share else counted,
        warn=warn_at,
        act=(end.share or 0.0) if by_share else end.least,
        share=by_share,
        warned=warn is not None and warn.used(counted, share) >= 1,
    )


def _on_scale(warn: Mark, end: Mark, *, by_share: bool) -> float:
    """Find where on the bar the warning begins."""
    return (warn.share or end.share or 0.0) if by_share else warn.least


def _marks(limits: Mapping[str, int | float | str], noun: str) -> tuple[Mark | None, Mark | None]:
    """Read the warning and the suspension; a rule that only warns names its limit without a word before it."""
    warn = _mark(limits, f"warn {noun}", "warn share") or _mark(limits, noun, "share")
    return warn, _mark(limits, f"suspend {noun}", "suspend share")


def _mark(limits: Mapping[str, int | float | str], count: str, share: str) -> Mark | None:
    least = _number(limits, count)
    return None if least is None else Mark(least, _number(limits, share))


def _number(values: Mapping[str, int | float | str], name: str) -> float | None:
    value = values.get(name)
    return value if isinstance(value, (int, float)) else None


def _share(numbers: Mapping[str, int | float | str], counted: float) -> float:
    known, sends = _number(numbers, "share"), _number(numbers, "sends")
    return known if known is not None else counted / sends if sends else 0.0


def _words(warn: Mark | None, suspend: Mark | None, noun: str) -> str:
    parts = [f"warning at {warn.words(noun)}"] if warn else []
    parts += (
        [f"sending is switched off at {suspend.words(noun)}"] if suspend else ["sending is never switched off for it"]
    )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
