"""S3: bucket policies with their conditions, and accounts that can be emptied one by one.

Replaces in moto: ``FakeBucket.get_permission``, which applies a Deny whatever its Condition, so that the usual
"TLS only" statement makes every object call a 403. A call to the sandbox counts as made over TLS by the account's root.
And ``S3Backend.reset``, which closes the files of all accounts' objects, not only of its own.
"""

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeKey, FakeMultipart, S3Backend

from provisioner.sandbox.policy import Principal, evaluate_resource_policy

_FILES = (FakeKey, FakeMultipart)


def install() -> None:
    """Install the repair."""
    FakeBucket.get_permission = _permission
    original_reset = S3Backend.reset

    def reset(self: Any) -> None:
        theirs = {kind: [one for one in kind.instances_tracked if one.account_id != self.account_id] for kind in _FILES}
        for kind in _FILES:
            kind.instances_tracked[:] = [one for one in kind.instances_tracked if one.account_id == self.account_id]
        original_reset(self)
        for kind, kept in theirs.items():
            kind.instances_tracked[:] = kept  # this account's are closed now

    S3Backend.reset = reset


def _permission(self: Any, action: str, resource: str) -> Any:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    root = f"arn:{self.partition}:iam::{self.account_id}:root"
    context = {"aws:SecureTransport": True, "aws:PrincipalArn": root, "aws:PrincipalAccount": self.account_id}
    decision = evaluate_resource_policy(json.loads(self.policy), Principal("AWS", root), action, resource, context)
    if decision.explicit_deny:
        return PermissionResult.DENIED
    return PermissionResult.PERMITTED if decision.allowed else PermissionResult.NEUTRAL
