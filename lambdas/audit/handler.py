"""Scheduled: judge tenants by the conduct policy and make AWS match their standings.

Event: ``{}`` for everybody, or a batch of a larger run: ``{"tenants": […], "run": "…", "batch": "…", "phase":
"judge"}`` for all batches first, then the same with ``"phase": "act"``, so that the run's limit counts them all.
"""

from typing import Any

from provisioner.aws import function
from provisioner.conduct.audit import Settings, audit, propose_batch
from provisioner.conduct.documents import tenants
from provisioner.conduct.publish import Published, publish
from provisioner.conduct.summary import audit_summary


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Audit, and say in one line how many of how many were judged."""
    wiring = function.wiring()
    outside, now, pace = wiring.outside, function.now(), function.pace(context)
    settings = Settings(
        overrides=wiring.settings.policy,
        fleet=event.get("fleet"),
        run=event.get("run", ""),
        force=bool(event.get("force", False)),
        dry_run=bool(event.get("dry_run", False)),
    )
    batch = event.get("tenants")
    names = list(tenants(wiring.archive)) if batch is None else batch
    if event.get("phase") == "judge":
        report = propose_batch(names, outside, now, settings, batch=event["batch"], pace=pace)
    else:
        report = audit(names, outside, now, settings, pace=pace)
    published = Published()
    if not (settings.dry_run or event.get("phase") == "judge"):
        fleet = names if batch is None else None
        published = publish(report, outside, now, fleet=fleet, overrides=settings.overrides)
    summary = {**audit_summary(report), "pages": len(published.pages), "page_errors": published.errors}
    return function.finish("audited", context, summary, complete=report.complete and not published.errors)
