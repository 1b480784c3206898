"""Findings in words, for mails and pages alike."""

from collections.abc import Iterable, Iterator

from provisioner.model.standing import Evidence
from provisioner.model.verdict import Finding
from provisioner.report.data import Compared, Reason
from provisioner.report.words import label, quantity

_ORDER = {"act": 0, "warn": 1, "info": 2}


def reason(evidence: Evidence, severity: str = "info") -> Reason:
    """A finding with its numbers, each beside the limit it was compared with."""
    return Reason(
        rule=evidence.rule,
        sentence=evidence.sentence,
        compared=tuple(compared(evidence)),
        events=max(evidence.events_total, len(evidence.events)),
        severity=severity,
    )


_STEPS = ("warn", "suspend", "terminate")
_STEP_WORDS = {"warn": "warning", "suspend": "suspended", "terminate": "terminated"}


def compared(evidence: Evidence) -> Iterator[Compared]:
    """Each number beside its limits: ``16 (warning 5, suspended 15)``; then limits that stand alone."""
    left = dict(evidence.limits)
    for name, value in evidence.numbers.items():
        texts = [quantity(name, left.pop(name))] if name in left else []
        steps = [step for step in _STEPS if f"{step} {name}" in left]
        texts += [f"{_STEP_WORDS[step]} {quantity(name, left.pop(f'{step} {name}'))}" for step in steps]
        yield Compared(label(name), quantity(name, value), ", ".join(texts))
    for name, value in left.items():
        window = name.startswith("window_")
        yield Compared(label(name), quantity(name, value) if window else "", "" if window else quantity(name, value))


def reasons(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    """Findings of one or more verdicts, worst first; what several verdicts saw alike is shown once."""
    seen = dict.fromkeys(reason(finding.evidence, finding.severity) for finding in findings)
    return tuple(sorted(seen, key=lambda item: (_ORDER.get(item.severity, 3), item.rule)))
