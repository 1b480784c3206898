"""IAM: permissions boundaries of users, what Terraform asks before it deletes one, and the limits that decide a design.

Replaces in moto: ``User`` gains a boundary; ``IamResponse`` gains its operations; the writers of policies check sizes;
new access keys are noted where a test run asks for it.
Boundaries and limits are not in moto at all.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import DeleteConflictException, LimitExceededException, NotFoundException, ValidationError
from moto.iam.models import IAMBackend, User
from moto.iam.responses import IamResponse

from provisioner.sandbox import minted
from provisioner.sandbox.principals import BOUNDARY

_INLINE_OF_A_USER = 2_048  # all inline policies together
_MANAGED = 6_144
_ATTACHED = 10
_USERS = 5_000
_ARN = re.compile(r"arn:[^:]+:iam::(aws|\d{12}):policy/.+")


def install() -> None:
    """Install the repair."""
    User.permissions_boundary = property(_boundary_of)
    IamResponse.create_user = _create_user
    IamResponse.put_user_permissions_boundary = _put_boundary
    IamResponse.delete_user_permissions_boundary = _delete_boundary
    IamResponse.list_service_specific_credentials = _no_service_credentials
    # moto leaves empty members in; the SDKs then see a boundary without an ARN.
    _wrap(IAMBackend, "create_user", _before_create_user)
    _wrap(IAMBackend, "put_user_policy", _before_put_user_policy)
    _wrap(IAMBackend, "attach_user_policy", _before_attach)
    _wrap(IAMBackend, "create_policy", _before_policy)
    _wrap(IAMBackend, "create_policy_version", _before_policy)
    _wrap(IAMBackend, "delete_policy", _before_delete_policy)
    _note_keys()


def _wrap(owner: Any, name: str, check: Callable[[Any, dict[str, Any]], None]) -> None:
    """Run ``check(backend, arguments by name)`` before a method of the backend."""
    original = getattr(owner, name)
    names = original.__code__.co_varnames[1 : original.__code__.co_argcount]

    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        check(self, {**dict(zip(names, args, strict=False)), **kwargs})
        return original(self, *args, **kwargs)

    setattr(owner, name, checked)


def _note_keys() -> None:
    original = IAMBackend.create_access_key

    def create_access_key(self: Any, *args: Any, **kwargs: Any) -> Any:
        key = original(self, *args, **kwargs)
        minted.note(self.account_id, key.secret_access_key)
        return key

    IAMBackend.create_access_key = create_access_key


def _boundary_of(user: Any) -> dict[str, str] | None:
    arn = getattr(user, BOUNDARY, None)
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn} if arn else None


def _no_service_credentials(self: Any) -> Any:
    """List none: the sandbox makes none. Terraform asks before it deletes a user by force."""
    self.backend.get_user(self._get_param("UserName"))  # refuses a user that is not there
    return ActionResult({"ServiceSpecificCredentials": []})


def _create_user(self: Any) -> Any:
    boundary = self._get_param("PermissionsBoundary")
    if boundary:
        _checked_arn(self.backend, boundary)
    user = self.backend.create_user(
        self.region,
        user_name=self._get_param("UserName"),
        path=self._get_param("Path"),
        tags=self._get_param("Tags", []),
    )
    setattr(user, BOUNDARY, boundary)
    return ActionResult({"User": user})


def _put_boundary(self: Any) -> Any:
    user = self.backend.get_user(self._get_param("UserName"))
    setattr(user, BOUNDARY, _checked_arn(self.backend, self._get_param("PermissionsBoundary")))
    return EmptyResult()


def _delete_boundary(self: Any) -> Any:
    user = self.backend.get_user(self._get_param("UserName"))
    if getattr(user, BOUNDARY, None) is None:
        raise NotFoundException(f"User {user.name} does not have a permissions boundary.")
    setattr(user, BOUNDARY, None)
    return EmptyResult()


def _checked_arn(backend: Any, arn: str) -> str:
    if not _ARN.fullmatch(arn):
        raise ValidationError(f"Value ({arn}) for parameter PermissionsBoundary is invalid.")
    if arn not in backend.managed_policies:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def _before_create_user(backend: Any, asked: dict[str, Any]) -> None:
    """Compare without regard to case, as IAM does."""
    name = asked["user_name"]
    twin = next((known for known in backend.users if known != name and known.lower() == name.lower()), None)
    if twin:
        from moto.iam.exceptions import EntityAlreadyExists  # noqa: PLC0415

        raise EntityAlreadyExists(f"User with name {twin} already exists.")
    if len(backend.users) >= _USERS:
        raise LimitExceededException(f"Cannot exceed quota for UsersPerAccount: {_USERS}")


def _before_put_user_policy(backend: Any, asked: dict[str, Any]) -> None:
    user = backend.get_user(asked["user_name"])
    others = sum(_size(text) for name, text in user.policies.items() if name != asked["policy_name"])
    if others + _size(asked["policy_json"]) > _INLINE_OF_A_USER:
        raise LimitExceededException(f"Maximum policy size of {_INLINE_OF_A_USER} bytes exceeded for user {user.name}")


def _before_attach(backend: Any, asked: dict[str, Any]) -> None:
    user = backend.get_user(asked["user_name"])
    attached = user.managed_policies.get(asked["policy_arn"])
    if attached is not None:
        attached.attachment_count -= 1  # moto counts attaching again as another attachment; on AWS it changes nothing
    elif len(user.managed_policies) >= _ATTACHED:
        raise LimitExceededException(f"Cannot exceed quota for PoliciesPerUser: {_ATTACHED}")


def _before_policy(_backend: Any, asked: dict[str, Any]) -> None:
    if _size(asked["policy_document"]) > _MANAGED:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {_MANAGED}")


def _before_delete_policy(backend: Any, asked: dict[str, Any]) -> None:
    policy = backend.managed_policies.get(asked["policy_arn"])
    if policy is None:
        return
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if any(getattr(user, BOUNDARY, None) == policy.arn for user in backend.users.values()):
        raise DeleteConflictException("Cannot delete a policy that is in use as a permissions boundary.")


def _size(policy: str) -> int:
    """Count as IAM does: without white space outside of strings."""
    try:
        return len(json.dumps(json.loads(policy), separators=(",", ":"), ensure_ascii=False))
    except ValueError:
        return len(policy)  # moto refuses it afterwards
