"""Standings and verdicts as notices, reports and pages: values in, text out."""

from provisioner.report.behaviour import render_report
from provisioner.report.build import build_report, iso_week
from provisioner.report.data import Report, ReportData
from provisioner.report.digest import build_digest, digest_subject, render_digest, render_index
from provisioner.report.notices import audiences, render_notice
from provisioner.report.onboarding import render_handover, render_records

__all__ = [
    "Report",
    "ReportData",
    "audiences",
    "build_digest",
    "build_report",
    "digest_subject",
    "iso_week",
    "render_digest",
    "render_handover",
    "render_index",
    "render_notice",
    "render_records",
    "render_report",
]
