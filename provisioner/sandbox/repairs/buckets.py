"""S3: bucket policies with their conditions.

Replaces in moto: ``FakeBucket.get_permission``, which applies a Deny whatever its Condition, so that the usual
"TLS only" statement makes every object call a 403. A call to the sandbox counts as made over TLS by the account's root.
"""

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from provisioner.sandbox.policy import Principal, evaluate_resource_policy


def install() -> None:
    """Install the repair."""
    FakeBucket.get_permission = _permission


def _permission(self: Any, action: str, resource: str) -> Any:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    root = f"arn:{self.partition}:iam::{self.account_id}:root"
    context = {"aws:SecureTransport": True, "aws:PrincipalArn": root, "aws:PrincipalAccount": self.account_id}
    decision = evaluate_resource_policy(json.loads(self.policy), Principal("AWS", root), action, resource, context)
    if decision.explicit_deny:
        return PermissionResult.DENIED
    return PermissionResult.PERMITTED if decision.allowed else PermissionResult.NEUTRAL
