"""Terraform's ``-json`` lines as a few events a person can follow."""

import json
from typing import Any

import msgspec


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """An error or a warning of Terraform."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One step. ``kind``: started, waiting, done, failed, planned, drifted, read, summary, other."""

    kind: str
    address: str = ""
    action: str = ""
    seconds: float = 0
    text: str = ""
    diagnostic: Diagnostic | None = None

    def sentence(self) -> str:
        """``waiting for aws_route53_zone.this, 12 s``; empty for what nobody needs to see."""
        name = self.address.removeprefix("module.tenant.").removeprefix("module.platform.")
        return {
            "started": f"{self.action} {name}".strip(),
            "waiting": f"waiting for {name}, {self.seconds:.0f} s",
            "done": f"{name} done after {self.seconds:.0f} s",
            "failed": f"{name} failed after {self.seconds:.0f} s",
            "summary": self.text,
        }.get(self.kind, "")


_KINDS = {
    "apply_start": "started",
    "apply_progress": "waiting",
    "apply_complete": "done",
    "apply_errored": "failed",
    "planned_change": "planned",
    "resource_drift": "drifted",
    "refresh_complete": "read",
    "change_summary": "summary",
}


def read_line(line: str) -> Progress | None:
    """The event of one line; None for a line that is no JSON object (Terraform prints some before it starts)."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    text = str(found.get("@message", ""))
    if found.get("type") == "diagnostic":
        return Progress(kind="diagnostic", text=text, diagnostic=_diagnostic(found.get("diagnostic") or {}, text))
    hook = found.get("hook") or found.get("change") or {}
    return Progress(
        kind=_KINDS.get(str(found.get("type")), "other"),
        address=str((hook.get("resource") or {}).get("addr", "")),
        action=str(hook.get("action", "")),
        seconds=float(hook.get("elapsed_seconds") or 0),
        text=text,
    )


def _diagnostic(body: dict[str, Any], text: str) -> Diagnostic:
    return Diagnostic(
        severity=str(body.get("severity", "error")),
        summary=str(body.get("summary", text)),
        detail=str(body.get("detail", "")),
        address=str(body.get("address", "")),
    )
