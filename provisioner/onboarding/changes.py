"""What a Terraform plan would do, as data a person can read before saying yes."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_KINDS = {
    ("create",): "create",
    ("update",): "change",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
}

# Words for the resource types a reader may not know; others are shown by their type.
_WORDS = {
    "aws_route53_zone": "DNS zone",
    "aws_route53_record": "DNS record",
    "aws_sesv2_email_identity": "e-mail identity",
    "aws_sesv2_email_identity_mail_from_attributes": "MAIL FROM domain",
    "aws_sesv2_email_identity_feedback_attributes": "feedback setting",
    "aws_sesv2_configuration_set": "configuration set",
    "aws_sesv2_configuration_set_event_destination": "event destination",
    "aws_sns_topic": "feedback topic",
    "aws_sns_topic_policy": "topic policy",
    "aws_sns_topic_subscription": "topic subscription",
    "aws_sqs_queue": "feedback queue",
    "aws_iam_user": "SMTP user",
    "aws_iam_user_policy": "sending policy",
    "aws_secretsmanager_secret": "secret for the SMTP credentials",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that would change. ``attributes`` names what differs, for a change or a replacement."""

    kind: str  # create, change, destroy, replace, import
    address: str
    what: str
    attributes: tuple[str, ...] = ()


class Changes(msgspec.Struct, frozen=True):
    """All changes of one plan, in the order create, import, change, replace, destroy."""

    all: tuple[Change, ...]

    def of(self, kind: str) -> tuple[Change, ...]:
        return tuple(change for change in self.all if change.kind == kind)

    @property
    def empty(self) -> bool:
        return not self.all

    def summary(self) -> str:
        """``14 to create, 1 to change`` or ``no changes``."""
        order = ("create", "import", "change", "replace", "destroy")
        parts = [f"{len(self.of(kind))} to {kind}" for kind in order if self.of(kind)]
        return ", ".join(parts) or "no changes"


def read_changes(plan: Mapping[str, Any]) -> Changes:
    """From ``terraform show -json PLAN``. Reading data sources and no-ops are no changes."""
    found = [change for entry in plan.get("resource_changes", []) if (change := _change(entry)) is not None]
    order = {"create": 0, "import": 1, "change": 2, "replace": 3, "destroy": 4}
    return Changes(tuple(sorted(found, key=lambda change: (order[change.kind], change.address))))


def _change(entry: Mapping[str, Any]) -> Change | None:
    body = entry["change"]
    kind = _KINDS.get(tuple(body["actions"]))
    if body.get("importing"):
        kind = "import" if kind in (None, "change") else kind
    if kind is None:
        return None
    differing = _differing(body) if kind in ("change", "replace") else ()
    return Change(
        kind=kind,
        address=entry["address"].removeprefix("module.tenant.").removeprefix("module.platform."),
        what=_WORDS.get(entry["type"], entry["type"].removeprefix("aws_").replace("_", " ")),
        attributes=differing,
    )


def _differing(body: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = body.get("before") or {}, body.get("after") or {}
    unknown: Sequence[str] = list((body.get("after_unknown") or {}).keys())
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)} | set(unknown) & set(before)
    return tuple(sorted(names))
