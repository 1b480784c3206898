"""Access keys of the tenants' IAM users."""

from datetime import datetime
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.ports import AccessKey, NewKey


class IamKeys:
    """Keys over IAM."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _iam(self) -> Any:
        return self._clients["iam"]

    def list(self, user: str) -> tuple[AccessKey, ...]:
        """The user's keys, oldest first."""
        pages = self._iam.get_paginator("list_access_keys").paginate(UserName=user)
        listed = call(lambda: [key for page in pages for key in page["AccessKeyMetadata"]])
        keys = (AccessKey(str(k["AccessKeyId"]), k["Status"] == "Active", k["CreateDate"]) for k in listed)
        return tuple(sorted(keys, key=lambda key: (key.created, key.id)))

    def create(self, user: str) -> NewKey:
        """A new, active key; AWS never tells its secret again."""
        made = call(self._iam.create_access_key, UserName=user)["AccessKey"]
        return NewKey(str(made["AccessKeyId"]), str(made["SecretAccessKey"]))

    def set_active(self, user: str, key: str, *, active: bool) -> None:
        """Switch a key on or off."""
        status = "Active" if active else "Inactive"
        call(self._iam.update_access_key, UserName=user, AccessKeyId=key, Status=status)

    def delete(self, user: str, key: str) -> None:
        """Delete a key; done already is fine."""
        try:
            call(self._iam.delete_access_key, UserName=user, AccessKeyId=key)
        except AwsError as err:
            if err.code != "NoSuchEntity":
                raise

    def last_used(self, key: str) -> datetime | None:
        """When a key was last used, as IAM knows it (some hours late); None: never."""
        used = call(self._iam.get_access_key_last_used, AccessKeyId=key).get("AccessKeyLastUsed", {})
        found: datetime | None = used.get("LastUsedDate")
        return found
