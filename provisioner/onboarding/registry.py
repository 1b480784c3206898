"""``offboarded/``: who was a tenant, by id and by domain, so that nobody takes its place unnoticed (D20)."""

from typing import Protocol

import msgspec

from provisioner.conduct import batches, documents
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Offboarded
from provisioner.ports import Archive, Conflict

_TRIES = 5


class DeletingArchive(Archive, Protocol):
    """The bucket, of which a manifest may be deleted."""

    def delete(self, key: str) -> None: ...


def tenant_key(tenant: str) -> str:
    return f"offboarded/{tenant}.json"


def domain_key(domain: str) -> str:
    return f"offboarded/domains/{domain}.json"


class ArchiveRegistry:
    """``provisioner.onboarding.offboard.Registry`` in the bucket."""

    def __init__(self, archive: DeletingArchive) -> None:
        self._archive = archive

    def retire(self, gone: Offboarded) -> None:
        """Note it twice, delete the manifest, and put the list of batches right."""
        manifest = gone.manifest
        for key in (tenant_key(manifest.tenant), domain_key(manifest.domain)):
            self._write(key, gone)
        self._archive.delete(documents.manifest_key(manifest.tenant))
        batches.rebuild(self._archive)

    def _write(self, key: str, gone: Offboarded) -> None:
        """The newest one counts: an id may be used, and end, more than once."""
        for _ in range(_TRIES):
            stored = self._archive.get(key)
            try:
                self._archive.put_if(key, documents.pretty(gone), stored.etag if stored else None)
            except Conflict:
                continue
            return
        raise InnkeeperError(f"{key} kept changing while it was written", hint="repeat the command")

    def of_tenant(self, tenant: str) -> Offboarded | None:
        """Whether a tenant of this id was offboarded."""
        return self._read(tenant_key(tenant))

    def of_domain(self, domain: str) -> Offboarded | None:
        """Whether a tenant with this domain was offboarded."""
        return self._read(domain_key(domain))

    def _read(self, key: str) -> Offboarded | None:
        stored = self._archive.get(key)
        if stored is None:
            return None
        try:
            return msgspec.json.decode(stored.body, type=Offboarded)
        except msgspec.MsgspecError:
            raise InnkeeperError(f"{key} cannot be read", hint="restore an earlier version of that object") from None
