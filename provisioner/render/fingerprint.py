"""One hash over a rendered root: a tenant whose hash is the one of its last apply needs no Terraform."""

import hashlib
from collections.abc import Mapping

# Where the state lies and what a dead run left behind say nothing about what is wanted.
_NOT_WANTED_STATE = frozenset({"backend.tf", "imports.tf"})


def fingerprint(files: Mapping[str, str]) -> str:
    """Equal for equal wishes, on every machine."""
    digest = hashlib.sha256()
    for name in sorted(files.keys() - _NOT_WANTED_STATE):
        for part in (name.encode(), files[name].encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
