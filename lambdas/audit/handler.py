"""Scheduled: judge tenants by the conduct policy and make AWS match their standings.

Event: ``{}`` for everybody, or a batch of a larger run: ``{"tenants": […], "run": "…", "batch": "…", "phase":
"judge"}`` for all batches first, then the same with ``"phase": "act"``, so that the run's limit counts them all.
"""

from typing import Any

from provisioner.aws import function
from provisioner.conduct.audit import Settings, audit, propose_batch
from provisioner.conduct.documents import tenants
from provisioner.conduct.summary import audit_summary


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Audit, and say in one line how many of how many were judged."""
    wiring = function.wiring()
    settings = Settings(
        overrides=wiring.settings.policy,
        fleet=event.get("fleet"),
        run=event.get("run", ""),
        force=bool(event.get("force", False)),
        dry_run=bool(event.get("dry_run", False)),
    )
    names = event["tenants"] if "tenants" in event else list(tenants(wiring.archive))
    pace = function.pace(context)
    if event.get("phase") == "judge":
        report = propose_batch(names, wiring.outside, function.now(), settings, batch=event["batch"], pace=pace)
    else:
        report = audit(names, wiring.outside, function.now(), settings, pace=pace)
    return function.finish("audited", context, audit_summary(report), complete=report.complete)
