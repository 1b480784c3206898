"""The behaviour report of one tenant, in every form."""

from collections.abc import Iterator
from typing import NamedTuple

from provisioner.report.data import Limit, Report, ReportData
from provisioner.report.env import render_html, render_text
from provisioner.report.letters import REASONS
from provisioner.report.limits import barred
from provisioner.report.safe import as_json, table_csv
from provisioner.report.words import percent

SHOWN_FINDINGS = 30
SHOWN_BLOCKS = 500

SILENCE = {
    "none": "No mail was sent. The feedback queue was read, and it was empty.",
    "uncollected": (
        "Nothing was collected, so nobody knows whether mail was sent. This is a fault of the platform, not of your "
        "site. Nothing is lost: feedback waits for 14 days."
    ),
    "unjudged": "This site has not been judged yet. The first report with numbers follows the first audit.",
}


class Part(NamedTuple):
    """One part of the bar of outcomes."""

    label: str
    tone: str
    weight: int
    rate: float


def render_report(data: ReportData) -> Report:
    """Render one tenant's report as HTML, text, JSON and CSV."""
    values = {
        "report": data,
        "findings": tuple(item for item in data.findings if not data.limits or not barred(item.rule)),
        "week_name": week_name(data.week),
        "silence": SILENCE.get(data.activity, ""),
        "parts": outcomes(data),
        "shown": SHOWN_FINDINGS,
        "shown_blocks": SHOWN_BLOCKS,
        "block_reasons": REASONS,
        "bar": text_bar,
    }
    return Report(
        html=render_html("report.html.j2", **values),
        text=render_text("report.txt.j2", **values),
        json=as_json(data),
        csv=table_csv(_COLUMNS, _rows(data)),
    )


def week_name(week: str) -> str:
    """``48 of 2026`` for ``2026-W48``."""
    year, _, number = week.partition("-W")
    return f"{number.lstrip('0')} of {year}" if number else week


def outcomes(data: ReportData) -> tuple[Part, ...]:
    """What became of all mails sent, as parts of one bar; empty where that is not known."""
    sent = data.count("sent")
    if sent is None or not sent.value:
        return ()
    named = (("delivered", "Delivered", "good"), ("soft", "Given up", "warn"), ("hard", "Does not exist", "stop"))
    parts = [
        Part(label, tone, count.value, count.value / sent.value)
        for name, label, tone in named
        if (count := data.count(name)) is not None and count.value
    ]
    rest = sent.value - sum(part.weight for part in parts)
    if rest > 0:
        parts.append(Part("Other", "other", rest, rest / sent.value))
    return tuple(parts)


def text_bar(limit: Limit, width: int = 20) -> str:
    """``####......|...``: the limit stands at the upright mark."""
    filled = min(width, round(width * limit.fill / 100))
    end = width * 80 // 100
    cells = "#" * filled + "." * (width - filled)
    return cells[:end] + "|" + cells[end:]


_COLUMNS = ("what", "name", "value", "rate", "warn_at", "limit", "since", "until", "reason")


def _rows(data: ReportData) -> Iterator[tuple[object, ...]]:
    """One row per number, limit, finding, blocked person and change of state."""
    since = data.since.isoformat() if data.since else ""
    yield ("state", data.tenant, data.state, "", "", "", since, "", data.headline)
    for count in data.counts:
        value = "" if count.value is None else count.value
        yield ("count", count.label, value, _rate(count.rate), "", "", "", "", count.note)
    for limit in data.limits:
        warn = "" if limit.warn is None else limit.warn
        yield (
            "limit",
            limit.label,
            limit.value,
            "",
            warn,
            limit.act,
            "",
            "",
            f"{limit.sentence} {limit.marks}".strip(),
        )
    for item in data.findings:
        yield ("finding", item.rule, item.severity, "", "", "", "", "", item.sentence)
    for block in data.blocks:
        until = block.until.isoformat() if block.until else ""
        yield ("blocked", block.recipient, "", "", "", "", block.since.isoformat(), until, block.reason)
    for step in data.history:
        yield ("change", f"{step.before} to {step.after}", step.by, "", "", "", step.at.isoformat(), "", step.why)


def _rate(rate: float | None) -> str:
    return "" if rate is None else percent(rate).replace("\u00a0", " ")
