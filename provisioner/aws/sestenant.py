"""The SES tenant of a tenant: made, bound to its identity and configuration set, and removed by API.

Terraform has no resource for its suppression settings and status, and older providers have none at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call

_SUPPRESSION = {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
_ABSENT = "NotFoundException"


class AwsSesTenants:
    """SES tenants over SES v2."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _ses(self) -> Any:
        return self._clients["sesv2"]

    def ensure(self, name: str, resources: Sequence[str], tags: Mapping[str, str] | None = None) -> str:
        """Make the tenant what it should be; its ARN. ``resources``: ARNs of the identity and the configuration set.

        Only hard bounces are suppressed by SES: with COMPLAINT among the reasons it would block a recipient at the
        first complaint. The sending status is left as found.
        """
        try:
            made = call(
                self._ses.create_tenant,
                TenantName=name,
                Tags=[{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())],
                SuppressionAttributes=_SUPPRESSION,
            )
        except AwsError as err:
            if err.code != "AlreadyExistsException":
                raise
            made = call(self._ses.get_tenant, TenantName=name)["Tenant"]
        present = made.get("SuppressionAttributes", {})
        if any(present.get(key) != value for key, value in _SUPPRESSION.items()):
            call(self._ses.put_tenant_suppression_attributes, TenantName=name, **_SUPPRESSION)
        bound = self.resources(name)
        for resource in resources:
            if resource not in bound:
                self._associate(name, resource)
        return str(made["TenantArn"])

    def _associate(self, name: str, resource: str) -> None:
        try:
            call(self._ses.create_tenant_resource_association, TenantName=name, ResourceArn=resource)
        except AwsError as err:
            if err.code != "AlreadyExistsException":
                raise

    def resources(self, name: str) -> frozenset[str]:
        """ARNs of what is bound to the tenant; empty where it does not exist."""
        found: set[str] = set()
        token: dict[str, str] = {}
        while True:
            try:
                page = call(self._ses.list_tenant_resources, TenantName=name, **token)
            except AwsError as err:
                if err.code == _ABSENT:
                    return frozenset()
                raise
            found.update(str(item["ResourceArn"]) for item in page.get("TenantResources", ()))
            if not page.get("NextToken"):
                return frozenset(found)
            token = {"NextToken": page["NextToken"]}

    def exists(self, name: str) -> bool:
        """Whether SES has a tenant of this name."""
        try:
            call(self._ses.get_tenant, TenantName=name)
        except AwsError as err:
            if err.code == _ABSENT:
                return False
            raise
        return True

    def release(self, name: str, resource: str) -> None:
        """Unbind a resource; SES deletes no identity and no set that a tenant is bound to."""
        self._unless_absent(self._ses.delete_tenant_resource_association, TenantName=name, ResourceArn=resource)

    def delete(self, name: str) -> None:
        """Unbind everything, then delete the tenant and with it its suppression list."""
        for resource in sorted(self.resources(name)):
            self.release(name, resource)
        self._unless_absent(self._ses.delete_tenant, TenantName=name)

    def _unless_absent(self, method: Any, **arguments: Any) -> None:
        try:
            call(method, **arguments)
        except AwsError as err:
            if err.code != _ABSENT:
                raise
