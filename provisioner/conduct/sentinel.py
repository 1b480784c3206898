"""A rejected mail (virus) straight from SNS: judged within seconds instead of at the next audit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct.at_once import AtOnce, judge_at_once, tell
from provisioner.conduct.collect import source_of
from provisioner.conduct.documents import NoTenantError, read_manifest
from provisioner.conduct.enforce import Pace
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.feedback.envelope import topic_of
from provisioner.feedback.parse import Accepted, Control, parse_message
from provisioner.model.manifest import Manifest
from provisioner.ports import Archive


class NobodyError(InnkeeperError):
    """A message that came through no tenant's topic."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What one message came to. ``ignored`` says why nothing was judged; the queue holds the message, too."""

    tenant: str = ""
    events: int = 0
    ignored: str = ""
    at_once: AtOnce | None = None


def tenant_of_topic(topic: str, prefix: str) -> str | None:
    """The tenant whose feedback topic this is, by its name."""
    name = topic.rpartition(":")[2]
    if name.startswith(f"{prefix}-") and name.endswith("-feedback"):
        return name[len(prefix) + 1 : -len("-feedback")] or None
    return None


def manifest_of_message(archive: Archive, body: bytes, prefix: str) -> Manifest:
    """Whose message this is, by the topic it came through. Raises NobodyError where nobody's."""
    topic = topic_of(body)
    tenant = tenant_of_topic(topic, prefix) if topic else None
    try:
        manifest = read_manifest(archive, tenant) if tenant else None
    except NoTenantError:
        manifest = None
    if manifest is None or manifest.topic_arn != topic:
        raise NobodyError(f"a message came through the topic {topic!r}, which is no tenant's")
    return manifest


def watch(
    body: bytes,
    outside: Outside,
    now: datetime,
    *,
    prefix: str,
    overrides: Mapping[str, Any] | None = None,
    drill: bool = False,
    pace: Pace | None = None,
) -> Watched:
    """Read one message and judge its tenant by it. ``body`` as Lambda or SNS delivers it."""
    manifest = manifest_of_message(outside.archive, body, prefix)
    parsed = parse_message(body, source_of(manifest), arrived=int(now.timestamp() * 1000))
    if isinstance(parsed, Control):
        return Watched(tenant=manifest.tenant, ignored=parsed.kind)
    if not isinstance(parsed, Accepted):
        if parsed.security:
            tell(
                outside,
                f"{manifest.tenant}: a message that is not its own",
                f"It {parsed.reason}. Nothing was enforced.",
            )
        return Watched(tenant=manifest.tenant, ignored=parsed.reason)
    at_once = judge_at_once(
        manifest.tenant, outside, now, overrides=overrides, extra=parsed.events, drill=drill, pace=pace
    )
    return Watched(tenant=manifest.tenant, events=len(parsed.events), at_once=at_once)
