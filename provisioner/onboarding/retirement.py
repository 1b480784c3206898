"""When a tenant's previous SMTP key may go: the site uses the new one, the old one is quiet, a grace time is over.

IAM says only when a key was last used, not by whom, and the rotation's own test uses the new key. So the time of
each test is noted in the bucket; only a later use is the site's.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.onboarding.credentials import named_keys
from provisioner.ports import AccessKey, Archive, Conflict, Keys, Secrets, SecretVersion

GRACE = timedelta(days=7)
# IAM notes the first use in a quarter of an hour only: a use this soon after our test may be the test.
SHADOW = timedelta(minutes=15)
_ATTEMPTS = 3


class Probes(msgspec.Struct, frozen=True, kw_only=True):
    """``rotations/<tenant>.json``: when our own tests last used which key."""

    schema: int = 1
    tenant: str
    probed: dict[str, datetime] = {}  # access key id -> when


class KeyUse(msgspec.Struct, frozen=True, kw_only=True):
    """One access key. ``stages``: those of the secret version that holds its password; empty: nobody holds it."""

    id: str
    active: bool
    created: datetime
    stages: tuple[str, ...]
    last_used: datetime | None
    used_by_site: bool  # used by somebody else than our own test


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Both keys of a tenant, and what the previous one waits for (in words; empty: nothing, it may go)."""

    tenant: str
    keys: tuple[KeyUse, ...]
    current: str | None
    previous: str | None
    waits_for: str = ""
    site_uses_old: bool = False  # no sign yet that the site has the new password, or it still uses the old one
    until: datetime | None = None  # the previous key stays at least until then


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the previous key. ``waits_for`` says why it still lives, in words; empty when retired."""

    key: str | None
    retired: bool
    waits_for: str = ""
    last_used: datetime | None = None


def probes_key(tenant: str) -> str:
    return f"rotations/{tenant}.json"


def read_probes(archive: Archive, tenant: str) -> tuple[Probes, str | None]:
    """The noted probes, and the tag for writing them back."""
    stored = archive.get(probes_key(tenant))
    if stored is None:
        return Probes(tenant=tenant), None
    try:
        return msgspec.json.decode(stored.body, type=Probes), stored.etag
    except msgspec.MsgspecError as error:
        raise InnkeeperError(
            f"{probes_key(tenant)} cannot be read: {error}", hint="restore an earlier version of that object"
        ) from None


def note_probe(archive: Archive, tenant: str, key: str, at: datetime, *, keep: frozenset[str]) -> None:
    """Note that our own test used ``key``; notes about keys not in ``keep`` are dropped."""
    for attempt in range(_ATTEMPTS):
        known, etag = read_probes(archive, tenant)
        probed = {name: when for name, when in known.probed.items() if name in keep} | {key: at}
        body = msgspec.json.encode(Probes(tenant=tenant, probed=probed), order="sorted")
        try:
            archive.put_if(probes_key(tenant), body, etag)
        except Conflict:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def overview(
    manifest: Manifest,
    keys: Keys,
    secrets: Secrets,
    probed: Mapping[str, datetime],
    now: datetime,
    *,
    grace: timedelta = GRACE,
) -> Overview:
    """Look at both keys. Changes nothing."""
    versions = secrets.versions(manifest.secret)
    named = named_keys(versions)
    uses = tuple(_use(key, named.get(key.id), keys.last_used(key.id), probed) for key in keys.list(manifest.user))
    current = next((use for use in uses if "AWSCURRENT" in use.stages), None)
    # One that the secret has forgotten counts as well: a site may hold its password.
    others = [use for use in uses if use is not current and "AWSPENDING" not in use.stages]
    if current is None or not others:
        words = "" if current else "there are no current credentials"
        found = current.id if current else None
        return Overview(tenant=manifest.tenant, keys=uses, current=found, previous=None, waits_for=words)
    previous = others[0]
    return Overview(
        tenant=manifest.tenant,
        keys=uses,
        current=current.id,
        previous=previous.id,
        waits_for=_reason_to_wait(current, previous, now, grace),
        site_uses_old=not current.used_by_site or _later(previous, current),
        until=max(current.created, previous.last_used or current.created) + grace,
    )


def _use(
    key: AccessKey, version: SecretVersion | None, last_used: datetime | None, probed: Mapping[str, datetime]
) -> KeyUse:
    ours = probed.get(key.id)
    return KeyUse(
        id=key.id,
        active=key.active,
        created=key.created,
        stages=version.stages if version else (),
        last_used=last_used,
        used_by_site=last_used is not None and (ours is None or last_used > ours + SHADOW),
    )


def _later(previous: KeyUse, current: KeyUse) -> bool:
    return previous.last_used is not None and (current.last_used is None or previous.last_used > current.last_used)


def _reason_to_wait(current: KeyUse, previous: KeyUse, now: datetime, grace: timedelta) -> str:
    if not current.used_by_site:
        return "the site has not used the new password yet"
    if now < current.created + grace:
        return f"the old password stays valid until {current.created + grace:%Y-%m-%d}"
    if previous.last_used is not None and (_later(previous, current) or now - previous.last_used < grace):
        return f"the site still uses the old password (last on {previous.last_used:%Y-%m-%d %H:%M} UTC)"
    return ""


def retire_previous(
    manifest: Manifest,
    keys: Keys,
    secrets: Secrets,
    now: datetime,
    *,
    probed: Mapping[str, datetime] | None = None,
    grace: timedelta = GRACE,
    force: bool = False,
) -> Retirement:
    """Delete the previous key if it may go.

    ``probed``: when our own tests used which key. ``force``: the operator knows that no site uses the old password.
    """
    seen = overview(manifest, keys, secrets, probed or {}, now, grace=grace)
    if seen.previous is None:
        return Retirement(key=None, retired=False, waits_for=seen.waits_for)
    used = next(use.last_used for use in seen.keys if use.id == seen.previous)
    if seen.waits_for and not force:
        return Retirement(key=seen.previous, retired=False, waits_for=seen.waits_for, last_used=used)
    keys.set_active(manifest.user, seen.previous, active=False)
    keys.delete(manifest.user, seen.previous)
    return Retirement(key=seen.previous, retired=True, last_used=used)
