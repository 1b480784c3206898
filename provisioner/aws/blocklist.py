"""Blocked recipients of one tenant: its SES suppression list, and Deny policies on its IAM user."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.aws.levers import attached_policies, platform_names
from provisioner.conduct import shards
from provisioner.model.manifest import Manifest

# An entry works only while its reason is among the active ones, and ours are [BOUNCE].
_REASON = "BOUNCE"
_VERSIONS = 5  # IAM keeps no more versions of a policy


class AwsBlocklist:
    """A Blocklist over SES and IAM."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _ses(self) -> Any:
        return self._clients["sesv2"]

    @property
    def _iam(self) -> Any:
        return self._clients["iam"]

    def suppressed(self, tenant: Manifest) -> frozenset[str]:
        """Everything on the SES tenant's list, SES's own entries too; empty without an SES tenant."""
        if tenant.ses_tenant is None:
            return frozenset()
        found: set[str] = set()
        token: dict[str, str] = {}
        while True:
            page = call(
                self._ses.list_suppressed_destinations,
                TenantName=tenant.ses_tenant,
                Reasons=[_REASON],
                PageSize=1000,
                **token,
            )
            found.update(str(item["EmailAddress"]) for item in page.get("SuppressedDestinationSummaries", ()))
            if not page.get("NextToken"):
                return frozenset(found)
            token = {"NextToken": page["NextToken"]}

    def suppress(self, tenant: Manifest, recipient: str) -> None:
        """Put an address on the tenant's list."""
        if tenant.ses_tenant is not None:
            call(
                self._ses.put_suppressed_destination,
                EmailAddress=recipient,
                Reason=_REASON,
                TenantName=tenant.ses_tenant,
            )

    def unsuppress(self, tenant: Manifest, recipient: str) -> None:
        """Take an address off the tenant's list; done already is fine."""
        if tenant.ses_tenant is None:
            return
        try:
            call(self._ses.delete_suppressed_destination, EmailAddress=recipient, TenantName=tenant.ses_tenant)
        except AwsError as err:
            if err.code != "NotFoundException":
                raise

    def denied(self, tenant: Manifest) -> dict[int, tuple[str, ...]]:
        """Recipients per shard; a policy that is not attached, or that somebody edited, denies none for us."""
        names = platform_names(tenant).tenant(tenant.tenant)
        numbers = {names.blocks_policy_arn(n): n for n in range(1, shards.SHARDS + 1)}
        attached = attached_policies(self._clients, tenant.user)
        return {n: shards.recipients(self._document(arn)) for arn, n in numbers.items() if arn in attached}

    def _document(self, arn: str) -> dict[str, Any]:
        version = call(self._iam.get_policy, PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = call(self._iam.get_policy_version, PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        decoded = json.loads(unquote(document)) if isinstance(document, str) else document
        return decoded if isinstance(decoded, dict) else {}

    def write_shard(self, tenant: Manifest, shard: int, recipients: Sequence[str]) -> None:
        """Make shard ``shard`` deny exactly these; empty: detach and delete it."""
        names = platform_names(tenant).tenant(tenant.tenant)
        arn = names.blocks_policy_arn(shard)
        if not recipients:
            self._remove(tenant.user, arn)
            return
        document = shards.policy(recipients)
        try:
            call(
                self._iam.create_policy,
                PolicyName=names.blocks_policy(shard),
                Path=names.user_path,
                PolicyDocument=document,
                Description=f"Recipients that {tenant.tenant} may not write to",
            )
        except AwsError as err:
            if err.code != "EntityAlreadyExists":
                raise
            self._replace(arn, document)
        call(self._iam.attach_user_policy, UserName=tenant.user, PolicyArn=arn)

    def _replace(self, arn: str, document: str) -> None:
        old = self._old_versions(arn)
        if len(old) >= _VERSIONS - 1:
            call(self._iam.delete_policy_version, PolicyArn=arn, VersionId=old[0])
        call(self._iam.create_policy_version, PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)

    def _remove(self, user: str, arn: str) -> None:
        try:
            call(self._iam.detach_user_policy, UserName=user, PolicyArn=arn)
        except AwsError as err:
            if err.code != "NoSuchEntity":
                raise
        try:
            for version in self._old_versions(arn):
                call(self._iam.delete_policy_version, PolicyArn=arn, VersionId=version)
            call(self._iam.delete_policy, PolicyArn=arn)
        except AwsError as err:
            if err.code != "NoSuchEntity":
                raise

    def _old_versions(self, arn: str) -> list[str]:
        """Versions not in force, oldest first."""
        versions = call(self._iam.list_policy_versions, PolicyArn=arn)["Versions"]
        old = [v for v in versions if not v["IsDefaultVersion"]]
        return [str(v["VersionId"]) for v in sorted(old, key=lambda v: (v["CreateDate"], int(v["VersionId"][1:])))]
