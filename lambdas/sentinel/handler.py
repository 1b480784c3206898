"""Started by SNS for every rejected mail: a virus stops its tenant within seconds.

Event: SNS's ``{"Records": [{"Sns": {…}}]}``, one record a call.
"""

import json
from typing import Any

from provisioner.aws import function
from provisioner.conduct.sentinel import watch
from provisioner.conduct.summary import watch_summary


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Judge the tenants whose mail was rejected."""
    wiring = function.wiring()
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
        for record in event["Records"]
    ]
    complete = not any(one.at_once and one.at_once.done and one.at_once.done.errors for one in watched)
    return function.finish("watched", context, watch_summary(watched), complete=complete)
