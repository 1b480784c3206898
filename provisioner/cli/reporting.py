"""What a tenant's behaviour report says now, gathered from the bucket."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from provisioner.cli.reach import Reach
from provisioner.conduct import documents
from provisioner.conduct.last_audit import judged_at
from provisioner.conduct.readings import last_read
from provisioner.model.verdict import Verdict
from provisioner.report import build_report
from provisioner.report.data import ReportData
from provisioner.rules import resolve_policy


def report_data(reach: Reach, tenant: str, verdicts: Sequence[Verdict], now: datetime) -> ReportData:
    """Gather the report of ``tenant``; ``verdicts`` are its newest, oldest first."""
    manifest = documents.read_manifest(reach.archive, tenant)
    standing, _ = documents.read_standing(reach.archive, tenant)
    standing = msgspec.structs.replace(standing, judged=judged_at(reach.archive, standing))
    policy = resolve_policy(manifest.profile, reach.platform.policy, manifest.overrides)
    collected = last_read(reach.archive).get(tenant)
    return build_report(manifest, standing, verdicts, policy, now, collected=collected)
