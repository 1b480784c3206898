"""Judge one tenant: its standing, the facts it has not seen, the rules. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from provisioner.conduct.documents import open_manifest, read_standing
from provisioner.conduct.enforce import pending
from provisioner.conduct.facts import advance, new_keys, read_rows
from provisioner.feedback.deliveries import Deliveries
from provisioner.model.event import Event
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Standing
from provisioner.model.verdict import Verdict
from provisioner.ports import Archive
from provisioner.rules import Outage, Policy, decide, resolve_policy


class Last(msgspec.Struct, frozen=True, kw_only=True):
    """What the last audit left of a tenant beside its standing; empty where that is not known."""

    mark: str = ""  # facts up to here are in the standing; empty: up to the standing's own watermark
    keys: tuple[str, ...] = ()  # facts from just before the mark on that are in it as well
    page: str = ""  # the week of the newest page
    activity: str = ""  # what that page says of it


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement starts from."""

    manifest: Manifest
    manifest_etag: str
    standing: Standing
    etag: str | None
    policy: Policy
    last: Last = Last()

    @property
    def mark(self) -> str:
        return self.last.mark or self.standing.watermark

    def fresh(self, keys: Iterable[str]) -> list[str]:
        """Those of these facts that the standing does not hold yet."""
        return [key for key in keys if key not in self.last.keys]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A case and its verdict, not stored yet."""

    case: Case
    verdict: Verdict
    keys: tuple[str, ...] = ()  # the facts since the mark, with those that were known
    etag: str | None = None  # of the standing, once it is stored

    @property
    def tenant(self) -> str:
        return self.case.manifest.tenant

    @property
    def changed(self) -> bool:
        """Whether AWS has to follow: the state or the blocks differ."""
        before, after = self.case.standing, self.verdict.standing
        return before.state != after.state or before.blocks.keys() != after.blocks.keys()

    @property
    def quiet(self) -> bool:
        """Whether nothing came and nothing was decided: the standing as it is stored says all of it."""
        return not self.case.fresh(self.keys) and _decided(self.case.standing) == _decided(self.verdict.standing)


def open_case(archive: Archive, tenant: str, overrides: Mapping[str, Any], *, profile: str = "") -> Case:
    """Read manifest and standing; ``profile`` instead of the tenant's own.

    Raises InnkeeperError for a tenant that cannot be judged safely.
    """
    manifest, manifest_etag = open_manifest(archive, tenant)
    standing, etag = read_standing(archive, tenant)
    policy = resolve_policy(profile or manifest.profile, overrides, manifest.overrides)
    return Case(manifest=manifest, manifest_etag=manifest_etag, standing=standing, etag=etag, policy=policy)


def judge(
    case: Case,
    archive: Archive,
    now: datetime,
    *,
    keys: Sequence[str] | None = None,
    at_hand: Mapping[str, bytes] = MappingProxyType({}),
    extra: Iterable[Event] = (),
    fast: bool = False,
    drill: bool = False,
    outages: tuple[Outage, ...] = (),
) -> Judged:
    """Decide on everything since the last audit, and on ``extra`` events that are not stored as facts yet.

    ``keys`` are the facts since then, if known, and ``at_hand`` what some of them hold.

    The standing in the verdict is complete: watermark moved on, enforcement owed if AWS has to follow.
    """
    tenant = case.manifest.tenant
    if keys is None:
        keys = new_keys(archive, {tenant: case.mark}, now)[tenant]

    def events() -> Iterable[Event | Deliveries]:
        yield from read_rows(archive, tenant, case.fresh(keys), at_hand)
        yield from extra

    verdict = decide(
        events(), case.standing, case.policy, now, domain=case.manifest.domain, fast=fast, drill=drill, outages=outages
    )
    standing = msgspec.structs.replace(verdict.standing, watermark=advance(case.mark, tenant, keys, now))
    judged = Judged(case=case, verdict=msgspec.structs.replace(verdict, standing=standing), keys=tuple(keys))
    if not judged.changed:
        return judged
    verdict = msgspec.structs.replace(verdict, standing=pending(standing, now))
    return msgspec.structs.replace(judged, verdict=verdict)


def _decided(standing: Standing) -> Standing:
    """A standing without what time alone changes: when it was judged, and what has left its windows."""
    return msgspec.structs.replace(standing, watermark="", judged=None, windows={})
