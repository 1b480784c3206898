"""AWS's own view of the tenants: what it paused or found wrong must never be a surprise.

SES says so on EventBridge too, at best effort and in no order: such an event is only a hint to read the state.
The operator is told once a change; what was told stands in ``outbox/aws/<tenant>.json``.
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct.documents import DocumentError, NoTenantError, pretty, read_manifest
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.names import Place, PlatformNames
from provisioner.ports import Archive, AwsView, Conflict

PREFIX = "outbox/aws/"
CLEAR = AwsView()
_TRIES = 5
_NAME = re.compile(r"[a-z][a-z0-9-]{1,63}")
_TOPICS = ("Sending Status ", "Advisor Recommendation Status ")  # how SES's detail-types begin


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS said when we last looked. ``told`` False: the operator is still owed the news."""

    schema: int = 1
    tenant: str
    at: datetime
    view: AwsView
    told: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a look. ``views`` only where there is something; ``changed``: the operator was told now."""

    views: dict[str, AwsView] = {}
    changed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    ignored: str = ""  # why a hint led nowhere

    @property
    def summary(self) -> dict[str, Any]:
        """One log line's worth."""
        return {
            "changed": self.changed,
            "paused": [tenant for tenant, view in self.views.items() if view.paused],
            "findings": sum(len(view.findings) for view in self.views.values()),
            "errors": self.errors,
            "ignored": self.ignored,
        }


def watch(outside: Outside, now: datetime) -> Seen:
    """Look at all tenants by listings for the account, and tell the operator of every change since the last look.

    Costs the same for ten tenants and for a hundred thousand: only those that AWS names are read.
    """
    archive = outside.archive
    try:
        by_arn = outside.reputation.everything()
    except InnkeeperError as err:
        return Seen(errors=(f"what AWS says about the tenants could not be read: {err.args[0]}",))
    known = {key.removeprefix(PREFIX).removesuffix(".json") for key in archive.keys(PREFIX)}
    manifests = {m.tenant: m for arn in by_arn if (m := _owner(archive, arn)) is not None}
    for tenant in sorted(known - manifests.keys()):  # named before, and perhaps clear again
        with contextlib.suppress(NoTenantError, DocumentError):
            manifests[tenant] = read_manifest(archive, tenant)
    return _tell_changes(manifests, by_arn, outside, now)


def _tell_changes(
    manifests: Mapping[str, Manifest], by_arn: Mapping[str, AwsView], outside: Outside, now: datetime
) -> Seen:
    changed, errors = [], []
    views = {name: by_arn.get(one.ses_tenant_arn or "", CLEAR) for name, one in manifests.items()}
    for tenant, view in views.items():
        try:
            if note(manifests[tenant], view, outside, now):
                changed.append(tenant)
        except (InnkeeperError, Conflict) as err:
            errors.append(f"{tenant}: what AWS says could not be passed on: {err}")
    found = {tenant: view for tenant, view in views.items() if view != CLEAR}
    return Seen(views=found, changed=tuple(changed), errors=tuple(errors))


def view_of(manifest: Manifest, by_arn: Mapping[str, AwsView]) -> AwsView:
    """What AWS says of one tenant and of its domain's identity (DKIM, SPF, DMARC), put together."""
    names = PlatformNames(manifest.prefix, Place(manifest.account, manifest.region, manifest.partition))
    identity = names.tenant(manifest.tenant).identity_arn(manifest.domain)
    parts = [by_arn[arn] for arn in (manifest.ses_tenant_arn or "", identity) if arn in by_arn]
    return AwsView(
        paused=any(part.paused for part in parts),
        cause=next((part.cause for part in parts if part.cause), ""),
        findings=tuple(sorted({finding for part in parts for finding in part.findings})),
    )


def note(manifest: Manifest, view: AwsView, outside: Outside, now: datetime) -> bool:
    """Remember what AWS says and tell the operator if it is new. True: told now.

    Remembered first and marked as told last: dying in between repeats the message, and loses none.
    """
    for _ in range(_TRIES):
        before, etag = _read(outside.archive, manifest.tenant)
        if (before.view if before else CLEAR) == view and (before is None or before.told):
            return False
        owed = Told(tenant=manifest.tenant, at=now, view=view)
        try:
            if before is None or before.view != view:
                etag = outside.archive.put_if(_key(manifest.tenant), pretty(owed), etag)
            outside.operator.tell(subject(manifest.tenant, view), message(manifest, view))
            outside.archive.put_if(_key(manifest.tenant), pretty(msgspec.structs.replace(owed, told=True)), etag)
        except Conflict:
            continue  # somebody else looked at the same time
        return True
    raise Conflict(_key(manifest.tenant))


def _key(tenant: str) -> str:
    return f"{PREFIX}{tenant}.json"


def _read(archive: Archive, tenant: str) -> tuple[Told | None, str | None]:
    stored = archive.get(_key(tenant))
    if stored is None:
        return None, None
    try:
        return msgspec.json.decode(stored.body, type=Told), stored.etag
    except msgspec.MsgspecError:
        return None, stored.etag  # unreadable: at worst one message is repeated


def subject(tenant: str, view: AwsView) -> str:
    """The message's subject."""
    if view.paused:
        return f"{tenant}: Amazon SES has paused this tenant"
    return f"{tenant}: Amazon SES found something" if view.findings else f"{tenant}: all clear again at Amazon SES"


def message(manifest: Manifest, view: AwsView) -> str:
    """The message's text."""
    return "\n".join([*words(view), "", *_advice(manifest, view)])


def words(view: AwsView) -> tuple[str, ...]:
    """A view in sentences."""
    if view == CLEAR:
        return ("Amazon SES has nothing against it.",)
    paused = f"Amazon SES itself has paused sending{f': {view.cause}' if view.cause else '.'}"
    found = (f"Amazon SES found ({one.kind}, impact {one.impact.lower()}): {one.text}" for one in view.findings)
    return (*([paused] if view.paused else []), *found)


def _advice(manifest: Manifest, view: AwsView) -> tuple[str, ...]:
    if not view.paused:
        return (f"More: innkeeper status {manifest.tenant}",)
    return (
        f"Mail of {manifest.domain} that names the SES tenant is refused.",
        "Innkeeper did not do this and does not undo it.",
        f"Look at 'innkeeper explain {manifest.tenant}' for what happened to its mail, put it right, and resume the",
        "tenant in the SES console (Tenants), where Amazon's reason stands too.",
    )


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """An event of SES on EventBridge, as far as it can be trusted: about which resources something changed."""

    topic: str
    arns: tuple[str, ...]


def read_hint(event: object) -> Hint | None:
    """The hint in an EventBridge event, or None for anything else. Never raises, whatever the JSON."""
    if not isinstance(event, Mapping) or event.get("source") != "aws.ses":
        return None
    topic, named = event.get("detail-type"), event.get("resources")
    if not isinstance(topic, str) or not topic.startswith(_TOPICS):
        return None
    arns = [arn for arn in named if isinstance(arn, str)] if isinstance(named, list) else []
    return Hint(topic=topic, arns=tuple(arns))


def follow(event: object, outside: Outside, now: datetime) -> Seen:
    """Look at the tenant that an EventBridge event is about. The event's own words are not believed."""
    hint = read_hint(event)
    if hint is None:
        return Seen(ignored="not an event of SES about a sending status or a recommendation")
    manifests = {m.tenant: m for arn in hint.arns if (m := _owner(outside.archive, arn)) is not None}
    if not manifests:
        return Seen(ignored="about no tenant of this platform; the next audit looks at everything")
    by_arn = outside.reputation.read([arn for one in manifests.values() if (arn := one.ses_tenant_arn)])
    return _tell_changes(manifests, by_arn, outside, now)


def _owner(archive: Archive, arn: str) -> Manifest | None:
    """The tenant whose SES tenant this is: found by its name, which ends in the tenant's, proved by the whole ARN."""
    name = arn.partition(":tenant/")[2].partition("/")[0]
    if not _NAME.fullmatch(name):
        return None
    parts = name.split("-")
    for start in range(1, len(parts)):
        with contextlib.suppress(NoTenantError, DocumentError):
            manifest = read_manifest(archive, "-".join(parts[start:]))
            if manifest.ses_tenant_arn == arn:
                return manifest
    return None
