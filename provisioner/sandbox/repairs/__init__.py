"""Repairs of moto 5.2.5, one module per service, each saying what it replaces and why. Installed once per process."""

import threading

_done = threading.Event()
_guard = threading.Lock()


def install() -> None:
    """Repair moto. Must run before the first request, since moto builds the routes of a service once."""
    with _guard:
        if _done.is_set():
            return
        from provisioner.sandbox import fanout  # noqa: PLC0415  moto is heavy; only a running sandbox pays
        from provisioner.sandbox.repairs import (  # noqa: PLC0415
            buckets,
            iam,
            lambda_events,
            lambda_runner,
            machines,
            queues,
            secrets,
            zones,
        )
        from provisioner.sandbox.ses import endpoint  # noqa: PLC0415

        repaired = (endpoint, fanout, buckets, iam, lambda_runner, lambda_events, machines, queues, secrets, zones)
        for module in repaired:
            module.install()
        _done.set()
