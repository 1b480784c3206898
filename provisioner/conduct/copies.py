"""What an audit leaves for the next one: manifest, standing and facts known of each tenant, one object a batch.

A quiet tenant is judged from its copy, by all rules, and costs no call of its own. A copy is believed only while the
bucket's listing shows manifest and standing under the very tags that it was made of, and facts that came since are
seen in the listing of facts. So a copy may be lost, outdated or written by two runs at once: whoever's does not hold
is read, and nobody is taken for quiet who is not.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from provisioner.conduct import documents, notes
from provisioner.conduct.each import each
from provisioner.conduct.judge import Last
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Standing
from provisioner.ports import Archive

PREFIX = "runs/copies/"
NONE = b"[]"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant: its documents, the tags under which they were stored, and what the last audit left."""

    manifest: Manifest
    manifest_etag: str
    standing: Standing
    etag: str
    last: Last


def key(batch: str) -> str:
    return f"{PREFIX}{batch}.json"


def keep(archive: Archive, batch: str, copies: Sequence[Copy]) -> None:
    """Replace the copies of a batch."""
    notes.write_raw(archive, key(batch), msgspec.json.encode(copies))


def current(archive: Archive, batches: Mapping[str, Sequence[str]], workers: int) -> dict[str, Copy]:
    """The copies that hold, of these batches' tenants: two listings, and one object a batch."""
    loaded = each(lambda batch: _load(archive, batch), tuple(batches), workers)
    asked = {tenant for tenants in batches.values() for tenant in tenants}
    found = {one.manifest.tenant: one for part in loaded for one in part if one.manifest.tenant in asked}
    if not found:
        return {}
    manifests = documents.tags(archive, map(documents.manifest_key, found))
    standings = documents.tags(archive, map(documents.standing_key, found))
    return {
        tenant: one
        for tenant, one in found.items()
        if manifests.get(documents.manifest_key(tenant)) == one.manifest_etag
        and standings.get(documents.standing_key(tenant)) == one.etag
    }


def _load(archive: Archive, batch: str) -> Iterable[Copy]:
    stored = archive.get(key(batch))
    if stored is None:
        return ()
    try:
        return msgspec.json.decode(stored.body, type=tuple[Copy, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ()  # spoilt, or by another version of this program: everybody is read
