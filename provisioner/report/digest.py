"""The whole fleet on one page for the operator: as a mail (digest) and as the dashboard's start page."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from provisioner.report.data import Report, ReportData
from provisioner.report.env import render_html, render_text
from provisioner.report.safe import as_json, table_csv
from provisioner.report.words import number, plural

SHOWN_ROWS = 1_000
SHOWN_NAMES = 20
SHOWN_IN_MAIL = 50  # tenants in the digest, which must stay a small mail
ALERTS_IN_MAIL = 50
ATTACHMENT_BYTES = 15_000  # beside the two forms of the mail, which may take 70 kB; the whole stays below 100 kB
_STATES = ("suspended", "warned", "good", "terminated")
_TENANT = re.compile(r"[a-z][a-z0-9-]{1,30}")
_WEEK = re.compile(r"\d{4}-W\d{2}")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's line. ``attention``: what an operator must do or know; most urgent first."""

    report: ReportData
    attention: tuple[str, ...]
    link: str  # to the tenant's own report, relative to the dashboard; empty: none


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """The fleet in numbers, and its tenants worst first."""

    week: str
    at: datetime
    expected: int
    judged: int
    unjudged: tuple[str, ...]
    states: dict[str, int]
    totals: dict[str, int]
    rows: tuple[Row, ...]
    alerts: tuple[str, ...] = ()

    @property
    def incomplete(self) -> tuple[ReportData, ...]:
        """Tenants whose enforcement AWS has not confirmed."""
        return tuple(row.report for row in self.rows if row.report.unenforced is not None)

    @property
    def waiting(self) -> tuple[ReportData, ...]:
        """Tenants with a proposal that only the operator may decide."""
        return tuple(row.report for row in self.rows if row.report.proposals)


def build_digest(
    reports: Sequence[ReportData], *, fleet: Sequence[str], week: str, now: datetime, alerts: Sequence[str] = ()
) -> Digest:
    """Gather the fleet. ``fleet`` are the ids of all tenants there are: whoever has no report was not judged.

    ``alerts`` are sentences about the run itself, such as an account limit or a stop before enforcing.
    """
    judged = {report.tenant for report in reports if report.activity != "unjudged"}
    totals: Counter[str] = Counter()
    for report in reports:
        totals.update({count.id: count.value for count in report.counts if count.value is not None})
    return Digest(
        week=week,
        at=now,
        expected=len(set(fleet)),
        judged=len(judged & set(fleet)),
        unjudged=tuple(sorted(set(fleet) - judged)),
        states={state: sum(1 for report in reports if report.state == state) for state in _STATES},
        totals=dict(totals),
        rows=tuple(_row(one, week) for one in sorted(reports, key=urgency)),
        alerts=tuple(alerts),
    )


def _row(report: ReportData, week: str) -> Row:
    """A tenant's line in the digest of ``week``. Where nothing came or was decided in it, its page is an older one."""
    since = () if report.week == week else (f"no news since {report.week}",)
    return Row(report=report, attention=(*attention(report), *since), link=_link(report))


def urgency(report: ReportData) -> tuple[float, ...]:
    """Sort key: what needs a person comes first, then the state, then how near a limit is, then the name."""
    nearest = report.nearest
    return (
        report.unenforced is None,
        not report.proposals,
        report.activity != "uncollected",
        _STATES.index(report.state) if report.state in _STATES else -1,
        -(nearest.nearness if nearest else 0.0),
        -(report.since.timestamp() if report.since else 0.0),
    )


def attention(report: ReportData) -> tuple[str, ...]:
    """Say what is special about a tenant, most urgent first."""
    found = []
    if report.unenforced is not None:
        found.append("not in force yet")
    if report.proposals:
        found.append("decision waiting")
    if report.remarks:
        found.append("differs at AWS")
    if report.activity == "uncollected":
        found.append("nothing collected")
    if report.activity == "unjudged":
        found.append("not judged yet")
    if report.activity == "none":
        found.append("no mail sent")
    if report.blocks:
        found.append(f"{number(len(report.blocks))} blocked")
    return tuple(found)


def _link(report: ReportData) -> str:
    """Where the tenant's report lies in the same bucket."""
    if _TENANT.fullmatch(report.tenant) and _WEEK.fullmatch(report.week):
        return f"../reports/{report.tenant}/{report.week}.html"
    return ""


def render_digest(digest: Digest) -> Report:
    """Render the fleet's report for the operator's mail; it links nowhere. ``csv`` has all tenants."""
    _, attached = attachment(digest)
    values = _values(_few_alerts(digest)) | {"shown": SHOWN_IN_MAIL, "more": _more_in_mail(len(digest.rows), attached)}
    return Report(
        html=render_html("fleet.html.j2", **values, links=False),
        text=render_text("fleet.txt.j2", **values),
        json=as_json(_summary(digest)),
        csv=table_csv(_COLUMNS, (_line(row) for row in digest.rows)),
    )


def attachment(digest: Digest) -> tuple[str, int]:
    """The CSV that the mail carries: the worst tenants, as many as keep it small, and how many these are."""
    size = empty = len(table_csv(_COLUMNS, ()).encode())
    lines = []
    for row in digest.rows:
        size += len(table_csv(_COLUMNS, [_line(row)]).encode()) - empty
        if size > ATTACHMENT_BYTES:
            break
        lines.append(_line(row))
    return table_csv(_COLUMNS, lines), len(lines)


def _more_in_mail(total: int, attached: int) -> str:
    """What the mail leaves out, and where that is; empty if nothing."""
    if total <= SHOWN_IN_MAIL and attached == total:
        return ""
    listed = f"The worst {number(min(total, SHOWN_IN_MAIL))} of {number(total)} are listed here"
    if attached == total:
        return f"{listed}; the attached file has all of them."
    return (
        f"{listed}; the attached file has the worst {number(attached)}, and dashboard/fleet.csv in the bucket has all."
    )


def _few_alerts(digest: Digest) -> Digest:
    left = len(digest.alerts) - ALERTS_IN_MAIL
    if left <= 0:
        return digest
    rest = f"{number(left)} more such remarks are on the dashboard's page."
    return msgspec.structs.replace(digest, alerts=(*digest.alerts[:ALERTS_IN_MAIL], rest))


def render_index(digest: Digest) -> str:
    """Render the dashboard's start page, which links to the tenants' reports."""
    return render_html("fleet.html.j2", **_values(digest), links=True)


def digest_subject(digest: Digest) -> str:
    """Put the fleet's week in one line, the worst first."""
    return f"Week {digest.week}: {_worst(digest)}"


def _worst(digest: Digest) -> str:
    parts = []
    if digest.unjudged:
        parts.append(f"{number(digest.judged)} of {number(digest.expected)} judged")
    if digest.incomplete:
        parts.append(f"{plural(len(digest.incomplete), 'enforcement', 'enforcements')} incomplete")
    if digest.waiting:
        parts.append(f"{plural(len(digest.waiting), 'decision', 'decisions')} waiting")
    parts += [f"{number(digest.states[state])} {state}" for state in ("suspended", "warned") if digest.states[state]]
    return ", ".join(parts) or f"all {number(digest.expected)} in good standing"


def _values(digest: Digest) -> dict[str, object]:
    needed = digest.incomplete or digest.unjudged or digest.alerts
    tone = "stop" if needed else "warn" if digest.waiting or digest.states["suspended"] else "good"
    return {
        "digest": digest,
        "tone": tone,
        "shown": SHOWN_ROWS,
        "more": f"The worst {number(SHOWN_ROWS)} of {number(len(digest.rows))} are shown; fleet.csv beside this page "
        "has all of them."
        if len(digest.rows) > SHOWN_ROWS
        else "",
        "names": SHOWN_NAMES,
        "subject": digest_subject(digest),
        "worst": _worst(digest),
    }


def _summary(digest: Digest) -> dict[str, object]:
    """Leave the tenants' details to their own reports."""
    return {
        "week": digest.week,
        "at": digest.at,
        "expected": digest.expected,
        "judged": digest.judged,
        "unjudged": digest.unjudged,
        "states": digest.states,
        "totals": digest.totals,
        "alerts": digest.alerts,
        "incomplete": [report.tenant for report in digest.incomplete],
        "waiting": [report.tenant for report in digest.waiting],
        "tenants": [dict(zip(_COLUMNS, _line(row), strict=True)) for row in digest.rows],
    }


_COLUMNS = ("tenant", "name", "domain", "state", "sent", "bounced", "complaints", "nearest_limit", "used", "attention")


def _line(row: Row) -> tuple[object, ...]:
    report, nearest = row.report, row.report.nearest
    counts = [_count(report, name) for name in ("sent", "hard", "complaints")]
    used = round(nearest.nearness, 4) if nearest else ""
    return (
        report.tenant, report.name, report.domain, report.state, *counts,
        nearest.rule if nearest else "", used, "; ".join(row.attention),
    )  # fmt: skip


def _count(report: ReportData, name: str) -> object:
    count = report.count(name)
    return "" if count is None or count.value is None else count.value
