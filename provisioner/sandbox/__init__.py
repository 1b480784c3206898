"""The embedded AWS: moto, with what it lacks of SES, IAM and Lambda; see docs/adr/0003-the-sandbox.md."""

from provisioner.sandbox.faults import CallFaults, Crash, ServerFaults, crash_points
from provisioner.sandbox.sandbox import Sandbox
from provisioner.sandbox.serve import serve

__all__ = ["CallFaults", "Crash", "Sandbox", "ServerFaults", "crash_points", "serve"]
