"""Called by Secrets Manager in the four steps of a rotation, and scheduled to retire passwords no longer in use.

Event: Secrets Manager's ``{"Step": …, "SecretId": …, "ClientRequestToken": …}``, or ``{}`` to look after everybody's
previous password, or ``{"tenants": ["bakery", …]}`` for a batch.
"""

import os
from functools import partial
from typing import Any

from provisioner.aws import function
from provisioner.aws.wiring import Wiring
from provisioner.conduct import documents
from provisioner.conduct.enforce import Pace
from provisioner.onboarding.rotating import Rotation, serve, tenant_of
from provisioner.onboarding.sweep import retire_all
from provisioner.smtp import PATIENCE_SECONDS, Endpoint, probe


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Carry out one step, or retire what may go; say in one line what was done."""
    wiring, pace = function.wiring(), function.pace(context)
    if "Step" not in event:
        names = event.get("tenants")
        tenants = _in_turn(list(documents.tenants(wiring.archive))) if names is None else names
        swept = retire_all(tenants, partial(_rotation, wiring, pace), pace.seconds_left, pace.reserve)
        return function.finish("retired", context, swept.summary(), complete=not swept.failed and not swept.left)
    tenant = tenant_of(event["SecretId"], wiring.settings.prefix)
    done = serve(_rotation(wiring, pace, tenant), event["Step"], event["ClientRequestToken"])
    return function.finish("rotated", context, {"tenant": tenant, "step": event["Step"], "done": done}, complete=True)


def _in_turn(names: list[str]) -> list[str]:
    """All tenants, beginning with another one each day: a run that ends early never leaves out the same ones."""
    start = function.now().toordinal() % len(names) if names else 0
    return names[start:] + names[:start]


def _rotation(wiring: Wiring, pace: Pace, tenant: str) -> Rotation:
    return Rotation(
        manifest=documents.read_manifest(wiring.archive, tenant),
        keys=wiring.keys,
        secrets=wiring.secrets,
        archive=wiring.archive,
        state=lambda: documents.read_standing(wiring.archive, tenant)[0].state,
        probe=partial(
            probe,
            endpoint=Endpoint.from_environment(os.environ),
            patience=min(PATIENCE_SECONDS, pace.seconds_left() - pace.reserve),
        ),
        clock=function.now,
    )
