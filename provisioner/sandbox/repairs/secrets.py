"""Secrets Manager: rotation as AWS does it.

Replaces in moto: ``get_secret_value`` without a version answers AWSCURRENT even after that was moved;
``rotate_secret`` goes on when AWSPENDING sits on the current version and is refused when it sits on another (moto has
it the other way round), keeps the function that was set before, is refused without any (moto empties the secret) or
with one that is not there, and takes away again the version with which it only tested the function;
``put_secret_value`` with a repeated token and another value is refused (moto overwrites);
``update_secret_version_stage`` gives AWSCURRENT to the first version that ever gets it (moto crashes).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.awslambda.utils import get_backend
from moto.secretsmanager.exceptions import (
    InvalidRequestException,
    ResourceNotFoundException,
    SecretsManagerClientError,
)
from moto.secretsmanager.models import SecretsManagerBackend

_Method = Callable[..., Any]


def install() -> None:
    """Install the repair."""
    for name, repair in {
        "get_secret_value": _get_value,
        "rotate_secret": _rotate,
        "put_secret_value": _put_value,
        "update_secret_version_stage": _update_stage,
    }.items():
        setattr(SecretsManagerBackend, name, repair(getattr(SecretsManagerBackend, name)))


def _get_value(original: _Method) -> _Method:
    @wraps(original)
    def get_secret_value(self: Any, secret_id: str, version_id: str | None, version_stage: str | None) -> Any:
        stage = version_stage if version_id or version_stage else "AWSCURRENT"
        return original(self, secret_id, version_id, stage)

    return get_secret_value


def _rotate(original: _Method) -> _Method:
    @wraps(original)
    def rotate_secret(self: Any, secret_id: str, *args: Any, **asked: Any) -> Any:
        secret = self.secrets.get(secret_id)
        if secret is None or not hasattr(secret, "versions"):
            return original(self, secret_id, *args, **asked)
        asked["rotation_lambda_arn"] = asked.get("rotation_lambda_arn") or secret.rotation_lambda_arn
        if not asked["rotation_lambda_arn"]:
            raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
        _require_function(self, asked["rotation_lambda_arn"])
        _drop_finished_pending(secret)
        _refuse_second(secret, asked.get("client_request_token"))
        known = set(secret.versions)
        answer = original(self, secret_id, *args, **asked)
        if asked.get("rotate_immediately") is False:
            for made in set(secret.versions) - known:
                del secret.versions[made]
        return answer

    return rotate_secret


def _put_value(original: _Method) -> _Method:
    @wraps(original)
    def put_secret_value(self: Any, secret_id: str, **asked: Any) -> Any:
        secret, token = self.secrets.get(secret_id), asked.get("client_request_token")
        known = secret.versions.get(token) if secret is not None and hasattr(secret, "versions") else None
        if known is not None and _value(known) not in (
            (None, None),
            (asked.get("secret_string"), asked.get("secret_binary")),
        ):
            raise SecretsManagerClientError(
                "ResourceExistsException", f"You tried to modify the value of version {token}, which exists."
            )
        return original(self, secret_id=secret_id, **asked)

    return put_secret_value


def _update_stage(original: _Method) -> _Method:
    @wraps(original)
    def update_secret_version_stage(self: Any, secret_id: str, version_stage: str, **asked: Any) -> Any:
        secret, target = self.secrets.get(secret_id), asked.get("move_to_version_id")
        versions = getattr(secret, "versions", {})
        held = any("AWSCURRENT" in version["version_stages"] for version in versions.values())
        if (
            version_stage == "AWSCURRENT"
            and not asked.get("remove_from_version_id")
            and not held
            and target in versions
        ):
            versions[target]["version_stages"].append("AWSCURRENT")
            return secret.arn, secret.name
        return original(self, secret_id=secret_id, version_stage=version_stage, **asked)

    return update_secret_version_stage


def _require_function(backend: Any, arn: str) -> None:
    """Look before anything is changed; moto looks after it has switched rotation on."""
    try:
        get_backend(backend.account_id, backend.region_name).get_function(arn)
    except Exception as error:  # moto raises several, of its own and of Python
        raise ResourceNotFoundException(f"Lambda could not find the function {arn}.") from error


def _drop_finished_pending(secret: Any) -> None:
    for version in secret.versions.values():
        if {"AWSPENDING", "AWSCURRENT"} <= set(version["version_stages"]):
            version["version_stages"].remove("AWSPENDING")


def _refuse_second(secret: Any, token: str | None) -> None:
    """Another AWSPENDING version counts as a rotation under way, whatever became of it."""
    if any("AWSPENDING" in version["version_stages"] and name != token for name, version in secret.versions.items()):
        raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")


def _value(version: dict[str, Any]) -> tuple[Any, Any]:
    return version.get("secret_string"), version.get("secret_binary")
