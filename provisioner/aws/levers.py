"""The switches that stop one tenant: configuration set, Deny policy, access keys, SES tenant."""

from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.model.manifest import Manifest
from provisioner.model.names import Place, PlatformNames
from provisioner.ports import SendingState


class AwsLevers:
    """Levers over SES and IAM."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _ses(self) -> Any:
        return self._clients["sesv2"]

    @property
    def _iam(self) -> Any:
        return self._clients["iam"]

    def read(self, tenant: Manifest) -> SendingState:
        """All levers as AWS shows them now."""
        the_set = call(self._ses.get_configuration_set, ConfigurationSetName=tenant.configuration_set)
        keys = self._keys(tenant)
        enabled, paused = self._tenant_status(tenant)
        return SendingState(
            set_enabled=bool(the_set.get("SendingOptions", {}).get("SendingEnabled", True)),
            denied=suspended_policy_arn(tenant) in attached_policies(self._clients, tenant.user),
            active_keys=tuple(key for key, active in keys if active),
            inactive_keys=tuple(key for key, active in keys if not active),
            tenant_enabled=enabled,
            aws_paused=paused,
        )

    def _keys(self, tenant: Manifest) -> list[tuple[str, bool]]:
        pages = self._iam.get_paginator("list_access_keys").paginate(UserName=tenant.user)
        listed = call(lambda: [key for page in pages for key in page["AccessKeyMetadata"]])
        return sorted((str(key["AccessKeyId"]), key["Status"] == "Active") for key in listed)

    def _tenant_status(self, tenant: Manifest) -> tuple[bool | None, bool]:
        if tenant.ses_tenant_arn is None:
            return None, False
        answer = call(
            self._ses.get_reputation_entity,
            ReputationEntityType="RESOURCE",
            ReputationEntityReference=tenant.ses_tenant_arn,
        )["ReputationEntity"]
        # Two records: ours, and the one that AWS itself sets under its reputation policy.
        ours = answer.get("CustomerManagedStatus", {}).get("Status", "ENABLED")
        theirs = answer.get("AwsSesManagedStatus", {}).get("Status", "ENABLED")
        return ours != "DISABLED", theirs == "DISABLED"

    def set_sending(self, tenant: Manifest, *, enabled: bool) -> None:
        """Switch the configuration set."""
        call(
            self._ses.put_configuration_set_sending_options,
            ConfigurationSetName=tenant.configuration_set,
            SendingEnabled=enabled,
        )

    def set_denied(self, tenant: Manifest, *, denied: bool) -> None:
        """Attach or detach the platform's Deny policy."""
        arguments = {"UserName": tenant.user, "PolicyArn": suspended_policy_arn(tenant)}
        if denied:
            call(self._iam.attach_user_policy, **arguments)
        else:
            _unless_absent(self._iam.detach_user_policy, **arguments)

    def set_key(self, tenant: Manifest, key: str, *, active: bool) -> None:
        """Switch an access key. A key that is gone cannot send, so switching it off has succeeded."""
        arguments = {"UserName": tenant.user, "AccessKeyId": key, "Status": "Active" if active else "Inactive"}
        if active:
            call(self._iam.update_access_key, **arguments)
        else:
            _unless_absent(self._iam.update_access_key, **arguments)

    def set_tenant(self, tenant: Manifest, *, enabled: bool) -> None:
        """Switch our own record of the SES tenant; what AWS itself paused stays paused."""
        if tenant.ses_tenant_arn is None:
            return
        call(
            self._ses.update_reputation_entity_customer_managed_status,
            ReputationEntityType="RESOURCE",
            ReputationEntityReference=tenant.ses_tenant_arn,
            SendingStatus="ENABLED" if enabled else "DISABLED",
        )


def platform_names(tenant: Manifest) -> PlatformNames:
    """The platform's names as this tenant's manifest implies them."""
    return PlatformNames(tenant.prefix, Place(tenant.account, tenant.region, tenant.partition))


def suspended_policy_arn(tenant: Manifest) -> str:
    """The Deny policy of suspended tenants."""
    return platform_names(tenant).suspended_policy_arn


def attached_policies(clients: Clients, user: str) -> frozenset[str]:
    """ARNs of the managed policies attached to a user."""
    pages = clients["iam"].get_paginator("list_attached_user_policies").paginate(UserName=user)
    return frozenset(call(lambda: [str(item["PolicyArn"]) for page in pages for item in page["AttachedPolicies"]]))


def _unless_absent(method: Any, **arguments: Any) -> None:
    try:
        call(method, **arguments)
    except AwsError as err:
        if err.code != "NoSuchEntity":
            raise
