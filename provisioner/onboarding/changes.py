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

# Words for the resource types of the modules, one and many; a type that is missing here is shown by its own name.
_WORDS = {
    "aws_cloudwatch_event_rule": ("rule for Amazon's events", "rules for Amazon's events"),
    "aws_cloudwatch_event_target": ("target of Amazon's events", "targets of Amazon's events"),
    "aws_cloudwatch_log_group": ("log", "logs"),
    "aws_cloudwatch_metric_alarm": ("alarm", "alarms"),
    "aws_iam_policy": ("policy", "policies"),
    "aws_iam_role": ("role", "roles"),
    "aws_iam_role_policy": ("role's permissions", "roles' permissions"),
    "aws_iam_user": ("SMTP user", "SMTP users"),
    "aws_iam_user_policy": ("sending permission", "sending permissions"),
    "aws_lambda_function": ("function", "functions"),
    "aws_lambda_permission": ("permission to call a function", "permissions to call functions"),
    "aws_route53_record": ("DNS record", "DNS records"),
    "aws_route53_zone": ("DNS zone", "DNS zones"),
    "aws_s3_bucket": ("bucket", "buckets"),
    "aws_s3_bucket_lifecycle_configuration": ("bucket's rules for old files", "buckets' rules for old files"),
    "aws_s3_bucket_policy": ("bucket's access rules", "buckets' access rules"),
    "aws_s3_bucket_public_access_block": ("bucket's lock against the public", "buckets' locks against the public"),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket's encryption", "buckets' encryption"),
    "aws_s3_bucket_versioning": ("bucket's memory of earlier versions", "buckets' memories of earlier versions"),
    "aws_scheduler_schedule": ("schedule", "schedules"),
    "aws_scheduler_schedule_group": ("group of schedules", "groups of schedules"),
    "aws_secretsmanager_secret": ("secret for the SMTP credentials", "secrets for the SMTP credentials"),
    "aws_secretsmanager_secret_policy": ("rule who reads the password", "rules who reads the passwords"),
    "aws_secretsmanager_secret_rotation": ("schedule for new passwords", "schedules for new passwords"),
    "aws_sesv2_configuration_set": ("configuration set", "configuration sets"),
    "aws_sesv2_configuration_set_event_destination": ("event destination", "event destinations"),
    "aws_sesv2_email_identity": ("e-mail identity", "e-mail identities"),
    "aws_sesv2_email_identity_feedback_attributes": ("feedback setting", "feedback settings"),
    "aws_sesv2_email_identity_mail_from_attributes": ("MAIL FROM domain", "MAIL FROM domains"),
    "aws_sfn_state_machine": ("state machine", "state machines"),
    "aws_sns_topic": ("topic", "topics"),
    "aws_sns_topic_policy": ("topic's access rules", "topics' access rules"),
    "aws_sns_topic_subscription": ("topic subscription", "topic subscriptions"),
    "aws_sqs_queue": ("queue", "queues"),
}


def counted(counts: Mapping[str, int]) -> str:
    """``1 DNS zone, 3 DNS records`` from counts by ``Change.what``."""
    many = dict(_WORDS.values())
    return ", ".join(
        f"{n} {what if n == 1 else many[what]}" if n == 1 or what in many else f"{what} ({n} of them)"
        for what, n in counts.items()
    )


_DONE = {
    "create": "created",
    "import": "taken over",
    "change": "changed",
    "replace": "replaced",
    "destroy": "destroyed",
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
        parts = [f"{len(self.of(kind))} to {kind}" for kind in _DONE if self.of(kind)]
        return ", ".join(parts) or "no changes"

    def outcome(self) -> str:
        """After the apply: ``14 created, 1 changed`` or ``nothing to change``."""
        parts = [f"{len(self.of(kind))} {word}" for kind, word in _DONE.items() if self.of(kind)]
        return ", ".join(parts) or "nothing to change"


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
        what=_WORDS.get(entry["type"], (_plain(entry["type"]),))[0],
        attributes=differing,
    )


def _plain(kind: str) -> str:
    return kind.removeprefix("aws_").replace("_", " ")


def _differing(body: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = body.get("before") or {}, body.get("after") or {}
    unknown: Sequence[str] = list((body.get("after_unknown") or {}).keys())
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)} | set(unknown) & set(before)
    return tuple(sorted(names))
