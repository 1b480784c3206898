"""Started by SNS for every rejected mail, and by EventBridge when SES pauses a tenant or finds something wrong.

Events: SNS's ``{"Records": [{"Sns": {…}}]}``, one record a call: a virus stops its tenant within seconds. Or an
EventBridge event of source ``aws.ses``: a hint to read from AWS what it says about its tenant.
"""

import json
from typing import Any

from provisioner.aws import function
from provisioner.conduct.aws_view import follow
from provisioner.conduct.sentinel import watch
from provisioner.conduct.summary import watch_summary


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Judge the tenants whose mail was rejected, or pass on what AWS says."""
    wiring = function.wiring()
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        seen = follow(event, wiring.outside, function.now())
        return function.finish("looked at AWS", context, seen.summary, complete=not seen.errors)
    pace = function.pace(context)
    watched = [
        watch(
            json.dumps({"Records": [record]}).encode(),
            wiring.outside,
            function.now(),
            prefix=wiring.settings.prefix,
            overrides=wiring.settings.policy,
            pace=pace,
        )
        for record in records
    ]
    complete = not any(one.at_once and one.at_once.done and one.at_once.done.errors for one in watched)
    return function.finish("watched", context, watch_summary(watched), complete=complete)
