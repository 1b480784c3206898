"""Where Terraform keeps a root's state."""

from typing import ClassVar

import msgspec

from provisioner.render.templating import template


class LocalBackend(msgspec.Struct, frozen=True):
    """A file; ``path`` is absolute or relative to the root."""

    kind: ClassVar[str] = "local"
    path: str = "terraform.tfstate"


class S3Backend(msgspec.Struct, frozen=True):
    """An object in a versioned bucket, with a lock object beside it."""

    kind: ClassVar[str] = "s3"
    bucket: str
    key: str
    region: str


Backend = LocalBackend | S3Backend


def render_backend(backend: Backend) -> str:
    """``backend.tf``."""
    return template("backend.tf.j2").render(backend=backend)
