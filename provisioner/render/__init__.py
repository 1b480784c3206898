"""A tenant, or the platform, as the files of its Terraform root."""

from provisioner.render.backend import Backend, LocalBackend, S3Backend
from provisioner.render.fingerprint import fingerprint
from provisioner.render.imports import render_imports
from provisioner.render.platform import PlatformOptions, render_platform
from provisioner.render.tenant import TenantOptions, render_empty, render_tenant

__all__ = [
    "Backend",
    "LocalBackend",
    "PlatformOptions",
    "S3Backend",
    "TenantOptions",
    "fingerprint",
    "render_empty",
    "render_imports",
    "render_platform",
    "render_tenant",
]
