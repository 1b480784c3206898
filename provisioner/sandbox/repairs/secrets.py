"""Secrets Manager: rotation as AWS does it.

Replaces in moto: ``get_secret_value`` without a version answers AWSCURRENT even after that was moved;
``rotate_secret`` goes on when AWSPENDING sits on the current version (moto calls that "in progress"), keeps the
function that was set before, and is refused without any (moto empties the secret);
``put_secret_value`` with a repeated token and another value is refused (moto overwrites).
"""

from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException, SecretsManagerClientError
from moto.secretsmanager.models import SecretsManagerBackend


def install() -> None:
    """Install the repair."""
    original_get = SecretsManagerBackend.get_secret_value
    original_rotate = SecretsManagerBackend.rotate_secret
    original_put = SecretsManagerBackend.put_secret_value

    def get_secret_value(self: Any, secret_id: str, version_id: str | None, version_stage: str | None) -> Any:
        stage = version_stage if version_id or version_stage else "AWSCURRENT"
        return original_get(self, secret_id, version_id, stage)

    def rotate_secret(self: Any, secret_id: str, *args: Any, **kwargs: Any) -> Any:
        secret = self.secrets.get(secret_id)
        if secret is not None and hasattr(secret, "versions"):
            kwargs["rotation_lambda_arn"] = kwargs.get("rotation_lambda_arn") or secret.rotation_lambda_arn
            if not kwargs["rotation_lambda_arn"]:
                raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
            _drop_finished_pending(secret)
        return original_rotate(self, secret_id, *args, **kwargs)

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
        return original_put(self, secret_id=secret_id, **asked)

    SecretsManagerBackend.get_secret_value = get_secret_value
    SecretsManagerBackend.rotate_secret = rotate_secret
    SecretsManagerBackend.put_secret_value = put_secret_value


def _drop_finished_pending(secret: Any) -> None:
    for version in secret.versions.values():
        if {"AWSPENDING", "AWSCURRENT"} <= set(version["version_stages"]):
            version["version_stages"].remove("AWSPENDING")


def _value(version: dict[str, Any]) -> tuple[Any, Any]:
    return version.get("secret_string"), version.get("secret_binary")
