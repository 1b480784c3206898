"""What every Lambda function does around its one call: settings, wiring, clock, deadline, one log line, alarm."""

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import msgspec

from provisioner.aws.clients import Clients, Pacer
from provisioner.aws.settings import Settings
from provisioner.aws.wiring import Wiring
from provisioner.conduct.enforce import Pace
from provisioner.errors import InnkeeperError

_RESERVE = 30.0
NAMESPACE = "Innkeeper"  # of the metrics that the alarms read


class IncompleteError(InnkeeperError):
    """Something was left undone: the function fails, so that its alarm rings. What was done stays done."""


@cache
def wiring() -> Wiring:
    """Everything, built once per cold start."""
    settings = Settings.from_env(os.environ)
    # The embedded AWS on this machine needs no patience.
    local = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("127.0.0.1", "localhost")
    pacer = Pacer() if settings.paced and not local else None
    clients = Clients(boto3.Session(region_name=settings.region), region=settings.region, pacer=pacer)
    return Wiring(clients, settings)


def now() -> datetime:
    """The present moment in UTC: the functions' only clock."""
    return datetime.now(UTC)


def pace(context: Any) -> Pace:
    """Time left by Lambda's own count; without a context (called by hand) there is no end."""
    if context is None or not hasattr(context, "get_remaining_time_in_millis"):
        return Pace(wait=time.sleep, reserve=_RESERVE)

    def left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    # A short time-out keeps a part of itself; with a fixed reserve it would do nothing at all.
    return Pace(seconds_left=left, wait=time.sleep, reserve=min(_RESERVE, left() / 5))


def finish(
    event_name: str,
    context: Any,
    summary: Mapping[str, Any],
    *,
    complete: bool,
    fail: bool | None = None,
    metrics: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Log the one line and return it; raise if something was left undone.

    ``fail`` decides otherwise: a batch of a larger run fails only where trying again helps, and its alarms read
    ``metrics``, which stand in the same line in CloudWatch's embedded metric format.
    """
    line = msgspec.to_builtins({"event": event_name, "run_id": run_id(context), "complete": complete, **summary})
    said = {**line, **embedded_metrics(metrics)} if metrics else line
    sys.stdout.write(json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n")
    if not complete if fail is None else fail:
        raise IncompleteError(f"{event_name}: something was left undone; the log line of this run says what")
    return dict(line)


def embedded_metrics(metrics: Mapping[str, float]) -> dict[str, Any]:
    """Metrics that CloudWatch takes out of a log line: no call, no permission. One dimension: the platform."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Platform"]],
        "Metrics": [{"Name": name} for name in sorted(metrics)],
    }
    stamp = int(now().timestamp() * 1000)
    aws = {"Timestamp": stamp, "CloudWatchMetrics": [directive]}
    return {"_aws": aws, "Platform": wiring().settings.prefix, **{name: metrics[name] for name in sorted(metrics)}}


def run_id(context: Any) -> str:
    """Lambda's request id, or ``local``."""
    return str(getattr(context, "aws_request_id", "local"))
