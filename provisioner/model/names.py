"""The names of everything in AWS, derived from the platform's prefix and a tenant's id.

One place, so that Terraform, the levers, the Lambdas and the tests never disagree: Terraform receives these
names as variables and builds none of its own. A tenant id is at most 31 and a prefix at most 16 characters,
so the longest name (``<prefix>-<tenant>-blocks-9``) stays below IAM's 64 and SQS's 80.
"""

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where in AWS: needed to build an ARN."""

    account: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        """``arn:…`` of a resource; global services (IAM) leave the Region out."""
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account}:{resource}"


class PlatformNames(msgspec.Struct, frozen=True):
    """Names shared by all tenants."""

    prefix: str
    place: Place

    @property
    def bucket(self) -> str:
        return f"{self.prefix}-{self.place.account}-{self.place.region}"

    @property
    def dead_letters(self) -> str:
        """The dead-letter queue that all tenants' queues and subscriptions share."""
        return f"{self.prefix}-dead-letters"

    @property
    def dead_letters_arn(self) -> str:
        return self.place.arn("sqs", self.dead_letters)

    @property
    def path(self) -> str:
        """IAM path of every user, role and policy of the platform."""
        return f"/{self.prefix}/"

    @property
    def schedule_group(self) -> str:
        return self.prefix

    @property
    def scheduler_role(self) -> str:
        return f"{self.prefix}-scheduler"

    @property
    def operator_topic_arn(self) -> str:
        return self.place.arn("sns", self.operator_topic)

    @property
    def operator_topic(self) -> str:
        return f"{self.prefix}-operator"

    @property
    def configuration_set(self) -> str:
        """Used by the platform's own mail (notices, reports), never by a tenant."""
        return f"{self.prefix}-notices"

    @property
    def notices_topic(self) -> str:
        """What SES says about the platform's own mail. Not ``…-feedback``: permissions on tenants' do not fit it."""
        return f"{self.prefix}-notices"

    @property
    def notices_topic_arn(self) -> str:
        return self.place.arn("sns", self.notices_topic)

    @property
    def notices_queue(self) -> str:
        return f"{self.prefix}-notices"

    @property
    def notices_queue_arn(self) -> str:
        return self.place.arn("sqs", self.notices_queue)

    @property
    def suspended_policy(self) -> str:
        """Managed policy that denies every SES action; attached to a suspended tenant's user."""
        return f"{self.prefix}-suspended"

    @property
    def suspended_policy_arn(self) -> str:
        return self.place.arn("iam", f"policy/{self.prefix}/{self.suspended_policy}", region=False)

    @property
    def boundary(self) -> str:
        """Permissions boundary of every tenant's user: sending is the most it can ever be allowed."""
        return f"{self.prefix}-boundary"

    @property
    def boundary_arn(self) -> str:
        return self.place.arn("iam", f"policy/{self.prefix}/{self.boundary}", region=False)

    def function(self, name: str) -> str:
        """A Lambda function: ``collect``, ``audit``, ``drill``, ``sentinel``, ``rotate``."""
        return f"{self.prefix}-{name}"

    def function_arn(self, name: str) -> str:
        return self.place.arn("lambda", f"function:{self.function(name)}")

    def function_role_arn(self, name: str) -> str:
        """The role that a function works with."""
        return self.place.arn("iam", f"role{self.path}{self.function(name)}", region=False)

    def machine(self, name: str) -> str:
        """The state machine that runs the function ``collect`` or ``audit`` over all batches."""
        return f"{self.prefix}-{name}"

    def machine_arn(self, name: str) -> str:
        return self.place.arn("states", f"stateMachine:{self.machine(name)}")

    def machine_role(self, name: str) -> str:
        return f"{self.prefix}-{name}-machine"

    def tenant(self, tenant_id: str) -> "TenantNames":
        return TenantNames(self, tenant_id)


class TenantNames(msgspec.Struct, frozen=True):
    """Names of one tenant's resources."""

    platform: PlatformNames
    tenant_id: str

    @property
    def base(self) -> str:
        return f"{self.platform.prefix}-{self.tenant_id}"

    @property
    def configuration_set(self) -> str:
        return self.base

    @property
    def configuration_set_arn(self) -> str:
        return self.platform.place.arn("ses", f"configuration-set/{self.base}")

    @property
    def ses_tenant(self) -> str:
        return self.base

    @property
    def topic(self) -> str:
        return f"{self.base}-feedback"

    @property
    def topic_arn(self) -> str:
        return self.platform.place.arn("sns", self.topic)

    @property
    def queue(self) -> str:
        return f"{self.base}-feedback"

    @property
    def queue_arn(self) -> str:
        return self.platform.place.arn("sqs", self.queue)

    @property
    def event_destination(self) -> str:
        """Name of the configuration set's one event destination."""
        return "feedback"

    @property
    def zone_comment(self) -> str:
        """Says whose hosted zone it is. Unlike tags it is written by the very call that makes the zone."""
        return f"{self.platform.prefix}/{self.tenant_id}"

    @property
    def user(self) -> str:
        return f"{self.base}-smtp"

    @property
    def user_path(self) -> str:
        return f"/{self.platform.prefix}/"

    @property
    def secret(self) -> str:
        return f"{self.platform.prefix}/{self.tenant_id}/smtp"

    def identity_arn(self, domain: str) -> str:
        return self.platform.place.arn("ses", f"identity/{domain}")

    def blocks_policy(self, shard: int) -> str:
        """Managed policy number ``shard`` (1 to 9) that denies blocked recipients."""
        return f"{self.base}-blocks-{shard}"

    def blocks_policy_arn(self, shard: int) -> str:
        return self.platform.place.arn(
            "iam", f"policy/{self.platform.prefix}/{self.blocks_policy(shard)}", region=False
        )
