"""What only shows when all files are seen together: ids and domains that collide."""

from collections.abc import Sequence

import msgspec

from provisioner.config.addresses import is_within
from provisioner.config.platform import PlatformDraft
from provisioner.config.problem import Code, Wrong
from provisioner.config.reading import Reading
from provisioner.config.tenant import Draft
from provisioner.model.tenant import Platform, Tenant


class Fleet(msgspec.Struct, frozen=True):
    """A valid operator's folder: the platform, and its tenants in the order of their ids."""

    platform: Platform
    tenants: tuple[Tenant, ...]


def check_together(drafts: Sequence[Draft], platform: PlatformDraft | None = None) -> None:
    """Note collisions in the reading of each file concerned, so that either author sees them."""
    _check_ids(drafts)
    _check_domains(drafts)
    if platform:
        _check_drill(drafts, platform)
    if platform and platform.sender_domain:
        for draft in drafts:
            _check_platform_domain(draft, platform, platform.sender_domain)


def _check_ids(drafts: Sequence[Draft]) -> None:
    seen: dict[str, Draft] = {}
    for draft in drafts:
        # A refused id (capitals) still counts: the file's name stands in for it.
        name = (draft.id or draft.reading.file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]).lower()
        other = seen.setdefault(name, draft)
        if other is not draft:
            message = f"is the same as the one in {_place(other, 'id')}"
            draft.reading.problem("id", Wrong(Code.SAME_ID, message, "every tenant needs an id of its own"))


def _check_domains(drafts: Sequence[Draft]) -> None:
    """Look each domain and its parents up among those seen: linear in the size of the fleet."""
    owners: dict[str, Draft] = {}
    for draft in drafts:
        if draft.domain is None:
            continue
        other = owners.setdefault(draft.domain, draft)
        if other is not draft:
            _collide(draft, f"{draft.domain} is also the domain of {_place(other, 'domain')}")
            _collide(other, f"{draft.domain} is also the domain of {_place(draft, 'domain')}")
    for draft in drafts:
        parent = (draft.domain or "").partition(".")[2]
        while parent:
            if parent in owners:
                _collide(draft, f"{draft.domain} is inside {parent}, the domain of {_place(owners[parent], 'domain')}")
                _collide(owners[parent], f"{parent} contains {draft.domain}, the domain of {_place(draft, 'domain')}")
            parent = parent.partition(".")[2]


def _collide(draft: Draft, message: str) -> None:
    hint = "two tenants must not share a domain: one could send as the other"
    draft.reading.problem("domain", Wrong(Code.SAME_DOMAIN, message, hint))


def _check_platform_domain(draft: Draft, platform: PlatformDraft, sender: str) -> None:
    if draft.domain and (is_within(draft.domain, sender) or is_within(sender, draft.domain)):
        place = _at(platform.reading, "sender")
        message = f"{draft.domain} collides with {sender}, which notices and reports come from ({place})"
        draft.reading.problem("domain", Wrong(Code.PLATFORM_DOMAIN, message, "use another domain for one of them"))


def _check_drill(drafts: Sequence[Draft], platform: PlatformDraft) -> None:
    """A drill for a tenant that is not there would fail every month."""
    name = platform.platform.drill.tenant if platform.platform else None
    if name and name not in {draft.id for draft in drafts}:
        hint = "name a tenant that has a file, or leave this out: then it is another one each month"
        platform.reading.problem("drill.tenant", Wrong(Code.TENANT_ID, f"there is no tenant {name}", hint))


def _place(draft: Draft, path: str) -> str:
    return _at(draft.reading, path)


def _at(reading: Reading, path: str) -> str:
    return f"{reading.file}:{reading.mark(path).line}"
