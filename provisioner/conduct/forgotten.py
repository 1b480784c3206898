"""The key that forgotten addresses are hashed with. It lies apart from the standings, which people copy and send."""

import secrets
from contextlib import suppress

from provisioner.conduct.documents import DocumentError
from provisioner.ports import Archive, Conflict

OBJECT = "forget/key"


def read_key(archive: Archive) -> bytes:
    """The key. Raises where it is gone."""
    stored = archive.get(OBJECT)
    if stored is None:
        raise DocumentError(
            f"{OBJECT} is gone: without it nobody can tell which blocks were forgotten",
            hint="restore the newest version of that object in S3; the blocks stay as they are until then",
        )
    return stored.body


def make_key(archive: Archive) -> bytes:
    """The key, made when it is first needed."""
    if archive.get(OBJECT) is None:
        with suppress(Conflict):  # somebody else was first
            archive.put_new(OBJECT, secrets.token_bytes(32))
    return read_key(archive)
