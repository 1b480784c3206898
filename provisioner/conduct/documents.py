"""The JSON documents of the bucket: manifests, standings, verdicts. Read strictly, written conditionally."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Standing, State
from provisioner.model.verdict import Verdict
from provisioner.ports import Archive
from provisioner.rules.storage import dump_standing, load_standing

T = TypeVar("T")

MANIFEST_SCHEMA = 1
_FLEET = "fleet/"


class DocumentError(InnkeeperError):
    """A stored document cannot be trusted: whom it is about is neither judged nor touched."""


class NoTenantError(InnkeeperError):
    """Nobody by this name."""


class _Version(msgspec.Struct):
    schema: int = 1


def manifest_key(tenant: str) -> str:
    return f"{_FLEET}{tenant}.json"


def standing_key(tenant: str) -> str:
    return f"standing/{tenant}.json"


def verdict_key(tenant: str, run: str) -> str:
    """``run`` sorts by time."""
    return f"verdicts/{tenant}/{run}.json"


def pretty(document: object) -> bytes:
    """JSON that a person can read and that is the same for the same content."""
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2) + b"\n"


def read_manifest(archive: Archive, tenant: str) -> Manifest:
    """The tenant's manifest. Raises InnkeeperError where there is none, or one that cannot be trusted."""
    return open_manifest(archive, tenant)[0]


def open_manifest(archive: Archive, tenant: str) -> tuple[Manifest, str]:
    """The manifest and its tag."""
    stored = archive.get(manifest_key(tenant))
    if stored is None:
        raise NoTenantError(
            f"there is no tenant {tenant!r}", hint="'innkeeper status' lists them; 'innkeeper apply' makes one"
        )
    manifest = _decode(stored.body, Manifest, MANIFEST_SCHEMA, manifest_key(tenant))
    if manifest.tenant != tenant:
        raise DocumentError(
            f"{manifest_key(tenant)} is about {manifest.tenant!r}", hint=f"write it anew: innkeeper apply {tenant}"
        )
    return manifest, stored.etag


def write_manifest(archive: Archive, manifest: Manifest) -> bool:
    """Store a manifest after an apply; False if it was the same already."""
    key, body = manifest_key(manifest.tenant), pretty(manifest)
    stored = archive.get(key)
    if stored is not None and stored.body == body:
        return False
    archive.put_if(key, body, stored.etag if stored else None)
    return True


def tenants(archive: Archive) -> Iterator[str]:
    """The ids of all tenants that have a manifest, in order."""
    for key in archive.keys(_FLEET):
        name = key.removeprefix(_FLEET)
        if name.endswith(".json") and "/" not in name and name not in _NOT_TENANTS:
            yield name.removesuffix(".json")


_NOT_TENANTS = frozenset({"batches.json"})  # the work list of the scheduled runs


def read_standing(archive: Archive, tenant: str) -> tuple[Standing, str | None]:
    """The standing and the tag for writing it back; a fresh one, tag None, for a tenant never judged before.

    A standing that is gone although verdicts exist was lost: starting afresh would lift a suspension.
    """
    key = standing_key(tenant)
    stored = archive.get(key)
    if stored is None and next(iter(archive.keys(f"verdicts/{tenant}/")), None) is not None:
        stored = archive.get(key)  # the first verdict may have been written between the two looks
        if stored is None:
            raise DocumentError(
                f"{tenant}: {key} is gone, though this tenant was judged before",
                hint="restore the newest version of that object in S3, then run 'innkeeper audit' again",
            )
    if stored is None:
        return Standing(tenant=tenant), None
    try:
        standing = load_standing(stored.body)
    except InnkeeperError as err:
        raise DocumentError(f"{key}: {err.args[0]}", hint=err.hint) from err
    if standing.tenant != tenant:
        raise DocumentError(f"{key} is about {standing.tenant!r}", hint="restore an earlier version of that object")
    return standing, stored.etag


def tags(archive: Archive, keys: Iterable[str]) -> dict[str, str]:
    """The tags of those of ``keys`` that exist: a call for each thousand objects from the first to the last."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    prefix, asked, found = f"{wanted[0].partition('/')[0]}/", frozenset(wanted), {}
    for key, tag in archive.tags(prefix, wanted[0][:-1]):  # begins sort before the whole
        if key > wanted[-1]:
            break
        if key in asked:
            found[key] = tag
    return found


def write_standing(archive: Archive, standing: Standing, etag: str | None) -> str:
    """Store if nobody else did meanwhile; the new tag. Raises Conflict."""
    return archive.put_if(standing_key(standing.tenant), dump_standing(standing), etag)


def append_verdict(archive: Archive, verdict: Verdict, run: str) -> None:
    """Keep a verdict for ever. The standing is left out: it has its own object, and its versions."""
    kept = msgspec.to_builtins(verdict)
    kept.pop("standing")
    keep(archive, verdict.tenant, run, kept)


def keep(archive: Archive, tenant: str, run: str, document: object) -> None:
    """Add a document to the tenant's records, which are never changed or deleted."""
    body = pretty(document)
    # The content is part of the name: two runs at one moment never contend for one object.
    archive.put_new(verdict_key(tenant, f"{run}-{hashlib.sha256(body).hexdigest()[:8]}"), body)


def _decode(body: bytes, kind: type[T], schema: int, key: str) -> T:
    try:
        version = msgspec.json.decode(body, type=_Version).schema
        if version <= schema:
            return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise DocumentError(
            f"{key} cannot be read: {err}", hint="restore an earlier version of that object; nothing was changed"
        ) from err
    raise DocumentError(
        f"{key} was written by a newer Innkeeper (schema {version}, this one knows {schema})",
        hint="run the newer version; this one leaves it untouched",
    )


class _Outcome(msgspec.Struct):
    at: datetime
    after: State


def run_id(now: datetime, name: str = "audit") -> str:
    """An id of a run that sorts by time; the stamp is UTC."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{name}"


def suspended_since(archive: Archive, tenant: str, since: datetime) -> bool:
    """Whether any kept verdict after ``since`` left the tenant suspended or terminated.

    A verdict that cannot be read counts as one: what is not known must not lift a suspension.
    """
    prefix = f"verdicts/{tenant}/"
    for key in archive.keys(prefix, prefix + run_id(since, "")):
        stored = archive.get(key)
        outcome = _decode(stored.body, _Outcome, 1, key) if stored else None
        if outcome is None or (outcome.at > since and not outcome.after.may_send):
            return True
    return False
