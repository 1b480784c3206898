"""Scheduled monthly: prove on the live account that a bounce becomes a block that holds.

Event: ``{}`` for another tenant each month, ``{"tenant": "bakery"}`` for this one. A chain that is broken is a result
and no error of the function: it is written to the metric that the alarm reads, and Lambda does not try again.
"""

import os
from typing import Any

from provisioner.aws import function
from provisioner.conduct import documents
from provisioner.conduct.drill import Drill, drill
from provisioner.conduct.monthly_drill import drill_metrics, drill_summary, monthly_drill, timing
from provisioner.model.manifest import Manifest
from provisioner.onboarding.site_mail import as_site
from provisioner.smtp import Endpoint


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Drill one tenant, and say in one line how far it came."""
    wiring = function.wiring()
    now = function.now()
    run = f"{now:%Y%m%dt%H%M%S%f}"
    pause = 3.0 if wiring.settings.paced else 0.2

    def walk(tenant: str) -> Drill:
        manifest = documents.read_manifest(wiring.archive, tenant)
        mail = as_site(
            manifest,
            secrets=wiring.secrets,
            keys=wiring.keys,
            archive=wiring.archive,
            clock=function.now,
            run=run,
            endpoint=Endpoint.from_environment(os.environ),
        )
        limits = timing(function.now, function.pace(context), pause=pause)
        return drill(manifest, wiring.outside, mail, limits, run=run, overrides=wiring.settings.policy)

    def verified(manifest: Manifest) -> bool:
        return wiring.identities.read(manifest.domain).verified

    drilled = monthly_drill(wiring.archive, walk, now, verified=verified, tenant=event.get("tenant"))
    return function.finish(
        "drilled",
        context,
        drill_summary(drilled),
        complete=drilled.ok,
        fail=False,
        metrics=drill_metrics(drilled),
    )
