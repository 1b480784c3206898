"""Who logs in: the IAM user behind an access key and the policies that bind it, read from moto at each question."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.iam.models import AccessKeyLastUsed, iam_backends

from provisioner.onboarding.smtp_password import derive
from provisioner.sandbox.policy import ContextValue, Decision, PolicyDocument, PolicyError, evaluate

BOUNDARY = "permissions_boundary_arn"  # moto's roles have this attribute; on users the sandbox's IAM sets it


@dataclass(frozen=True)
class Caller:
    """An IAM user who logged in with one of its access keys."""

    account: str
    partition: str
    user: str
    arn: str
    key: str


@dataclass(frozen=True)
class Desk:
    """The IAM of one account, as far as an SMTP endpoint asks it."""

    account: str
    region: str
    partition: str

    def log_in(self, key_id: str, password: str, now: datetime) -> Caller | None:
        """Recognise a user by access key id and SMTP password. None: unknown, inactive, or a wrong password."""
        key = self._iam.access_keys.get(key_id)
        # Only long-term keys of users have an SMTP password; temporary ones do not work with SES.
        if key is None or key.user_name is None or key.status != "Active":
            return None
        user = self._iam.users.get(key.user_name)
        right = derive(key.secret_access_key, self.region)
        if user is None or not hmac.compare_digest(right.encode(), password.encode()):
            return None
        key.last_used = AccessKeyLastUsed(timestamp=now, service="ses", region=self.region)
        return Caller(self.account, self.partition, user.name, user.arn, key_id)

    def judge(self, caller: Caller, action: str, resource: str, context: Mapping[str, ContextValue]) -> Decision:
        """Ask the user's policies as they are now. A user who is gone may nothing."""
        user = self._iam.users.get(caller.user)
        if user is None:
            return Decision(allowed=False, explicit_deny=False, reason="the user does not exist any more")
        return evaluate(self._policies(user), self._boundary(user), action, resource, context)

    @property
    def _iam(self) -> Any:
        return iam_backends[self.account][self.partition]

    def _policies(self, user: Any) -> list[PolicyDocument]:
        holders = [user, *self._iam.get_groups_for_user(user.name)]
        texts = [text for holder in holders for text in holder.policies.values()]
        texts += [_in_force(policy) for holder in holders for policy in holder.managed_policies.values()]
        return [json.loads(text) for text in texts]

    def _boundary(self, user: Any) -> PolicyDocument | None:
        arn = getattr(user, BOUNDARY, None)
        if not arn:
            return None
        policy = self._iam.managed_policies.get(arn)
        if policy is None:
            raise PolicyError(f"the permissions boundary {arn} of {user.name} does not exist")
        document: PolicyDocument = json.loads(_in_force(policy))
        return document


def _in_force(policy: Any) -> str:
    text: str = next(v.document for v in policy.versions if v.version_id == policy.default_version_id)
    return text
