"""What the rate rules share: a count and a rate, both of which must reach a limit."""

from collections.abc import Iterable

import msgspec

from provisioner.model.verdict import Suspend, Warn
from provisioner.rules.base import Outcome, Value, evidence


class Limit(msgspec.Struct, frozen=True):
    """Reached when ``count`` and, where a rate is known, ``share`` are. No share: the count alone decides."""

    count: int
    share: float | None = None

    def reached(self, count: int, base: int) -> bool:
        return count >= self.count and (self.share is None or count / base >= self.share)

    def limits(self, word: str, noun: str) -> dict[str, Value]:
        named: dict[str, Value] = {f"{word} {noun}": self.count}
        return named if self.share is None else {**named, f"{word} share": self.share}


def judge_rate(
    rule: str, kind: str, sentence: str, events: Iterable[str], *,
    count: int, base: int, warn: Limit, suspend: Limit, numbers: dict[str, Value], noun: str, days: int,
    total: int | None = None,
) -> list[Outcome]:  # fmt: skip
    """Suspend, warn or only report, with the numbers that were compared; ``total`` events, if not ``count``."""
    limits = {**warn.limits("warn", noun), **suspend.limits("suspend", noun), "window_days": days}
    why = evidence(rule, sentence, events, numbers=numbers, limits=limits, total=count if total is None else total)
    if suspend.reached(count, base):
        return [Outcome(severity="act", evidence=why, action=Suspend(kind=kind, evidence=why))]
    if warn.reached(count, base):
        return [Outcome(severity="warn", evidence=why, action=Warn(kind=kind, evidence=why))]
    return [Outcome(severity="info", evidence=why)]
