"""The managed policies of a tenant's user: attached by the enforcer, so Terraform cannot take them away."""

from provisioner.aws.blocklist import AwsBlocklist
from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.aws.levers import attached_policies
from provisioner.conduct.shards import SHARDS
from provisioner.model.manifest import Manifest


class AwsUserPolicies:
    """``provisioner.onboarding.offboard.Policies`` over IAM."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def detach_all(self, tenant: Manifest) -> None:
        """Detach every policy from the user, and delete those that deny its blocked recipients."""
        for arn in self._attached(tenant.user):
            call(self._clients["iam"].detach_user_policy, UserName=tenant.user, PolicyArn=arn)
        blocklist = AwsBlocklist(self._clients)
        for shard in range(1, SHARDS + 1):
            blocklist.write_shard(tenant, shard, ())

    def _attached(self, user: str) -> frozenset[str]:
        try:
            return attached_policies(self._clients, user)
        except AwsError as err:
            if err.code == "NoSuchEntity":
                return frozenset()
            raise
