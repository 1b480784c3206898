"""Behaviour reports after an audit: into the bucket, and onto the disk when asked."""

from collections.abc import Sequence
from datetime import datetime

from provisioner.cli.reach import Reach
from provisioner.conduct import documents
from provisioner.conduct.audit import Report as AuditReport
from provisioner.model.verdict import Verdict
from provisioner.ports import Archive
from provisioner.report.behaviour import render_report
from provisioner.report.build import build_report, iso_week
from provisioner.report.data import ReportData
from provisioner.rules import resolve_policy


def report_data(reach: Reach, tenant: str, verdicts: Sequence[Verdict], now: datetime) -> ReportData:
    """What the report of ``tenant`` says now."""
    manifest = documents.read_manifest(reach.archive, tenant)
    standing, _ = documents.read_standing(reach.archive, tenant)
    policy = resolve_policy(manifest.profile, reach.platform.policy, manifest.overrides)
    return build_report(manifest, standing, verdicts, policy, now, collected=now)


def write_reports(reach: Reach, report: AuditReport, now: datetime) -> list[str]:
    """Store each judged tenant's report for this week; the keys of the pages. A later report replaces it."""
    pages = []
    for one in report.judged:
        data = report_data(reach, one.tenant, [one.verdict], now)
        rendered = render_report(data)
        base = f"reports/{one.tenant}/{iso_week(now)}"
        replace(reach.archive, f"{base}.html", rendered.html.encode())
        replace(reach.archive, f"{base}.json", rendered.json.encode())
        pages.append(f"{base}.html")
    return pages


def replace(archive: Archive, key: str, body: bytes) -> None:
    """Store a page that may be written again."""
    stored = archive.get(key)
    if stored is None or stored.body != body:
        archive.put_if(key, body, stored.etag if stored else None)
