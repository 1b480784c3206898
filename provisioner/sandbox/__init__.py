"""The embedded AWS: moto, with what it lacks of SES, IAM and Lambda; see docs/adr/0003-the-sandbox.md."""

from provisioner.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
