"""Judge one tenant: its standing, the facts it has not seen, the rules. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct.documents import read_manifest, read_standing
from provisioner.conduct.enforce import pending
from provisioner.conduct.facts import advance, new_keys, read_rows
from provisioner.feedback.deliveries import Deliveries
from provisioner.model.event import Event
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Standing
from provisioner.model.verdict import Verdict
from provisioner.ports import Archive
from provisioner.rules import Outage, Policy, decide, resolve_policy


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement starts from."""

    manifest: Manifest
    standing: Standing
    etag: str | None
    policy: Policy


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A case and its verdict, not stored yet."""

    case: Case
    verdict: Verdict

    @property
    def tenant(self) -> str:
        return self.case.manifest.tenant

    @property
    def changed(self) -> bool:
        """Whether AWS has to follow: the state or the blocks differ."""
        before, after = self.case.standing, self.verdict.standing
        return before.state != after.state or before.blocks.keys() != after.blocks.keys()


def open_case(archive: Archive, tenant: str, overrides: Mapping[str, Any], *, profile: str = "") -> Case:
    """Read manifest and standing; ``profile`` instead of the tenant's own.

    Raises InnkeeperError for a tenant that cannot be judged safely.
    """
    manifest = read_manifest(archive, tenant)
    standing, etag = read_standing(archive, tenant)
    policy = resolve_policy(profile or manifest.profile, overrides, manifest.overrides)
    return Case(manifest=manifest, standing=standing, etag=etag, policy=policy)


def judge(
    case: Case,
    archive: Archive,
    now: datetime,
    *,
    keys: Sequence[str] | None = None,
    extra: Iterable[Event] = (),
    fast: bool = False,
    drill: bool = False,
    outages: tuple[Outage, ...] = (),
) -> Judged:
    """Decide on everything since the watermark, and on ``extra`` events that are not stored as facts yet.

    The standing in the verdict is complete: watermark moved on, enforcement owed if AWS has to follow.
    """
    tenant = case.manifest.tenant
    if keys is None:
        keys = new_keys(archive, {tenant: case.standing.watermark}, now)[tenant]

    def events() -> Iterable[Event | Deliveries]:
        yield from read_rows(archive, tenant, keys)
        yield from extra

    verdict = decide(
        events(), case.standing, case.policy, now, domain=case.manifest.domain, fast=fast, drill=drill, outages=outages
    )
    standing = msgspec.structs.replace(verdict.standing, watermark=advance(case.standing.watermark, tenant, keys, now))
    judged = Judged(case=case, verdict=msgspec.structs.replace(verdict, standing=standing))
    if judged.changed:
        standing = pending(standing, now)
    return Judged(case=case, verdict=msgspec.structs.replace(verdict, standing=standing))
