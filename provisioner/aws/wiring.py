"""The composition root: every adapter, built from one set of clients and the platform's settings."""

from provisioner.aws.account import AwsAccount
from provisioner.aws.archive import S3Archive
from provisioner.aws.blocklist import AwsBlocklist
from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.aws.identity import AwsIdentities
from provisioner.aws.keys import IamKeys
from provisioner.aws.levers import AwsLevers
from provisioner.aws.mailer import SesMailer
from provisioner.aws.operator import SnsOperator
from provisioner.aws.probe import AwsProbe
from provisioner.aws.queue import SqsQueue
from provisioner.aws.reputation import AwsReputation
from provisioner.aws.secrets import AwsSecrets
from provisioner.aws.sestenant import AwsSesTenants
from provisioner.aws.settings import Settings
from provisioner.aws.versions import S3Versions
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest


class Wiring:
    """All adapters of one platform. Building it does no IO."""

    def __init__(self, clients: Clients, settings: Settings) -> None:
        self.settings = settings
        self.clients = clients
        self.archive = S3Archive(self.clients, settings.bucket)
        self.versions = S3Versions(self.clients, settings.bucket)
        self.levers = AwsLevers(self.clients)
        self.blocklist = AwsBlocklist(self.clients)
        self.mailer = SesMailer(self.clients, sender=settings.notices_from, configuration_set=settings.notices_set)
        self.keys = IamKeys(self.clients)
        self.secrets = AwsSecrets(self.clients)
        self.ses_tenants = AwsSesTenants(self.clients)
        self.identities = AwsIdentities(self.clients)
        self.account = AwsAccount(self.clients)
        self.reputation = AwsReputation(self.clients)
        self.probe = AwsProbe(self.clients)
        self.operator = SnsOperator(self.clients, settings.operator_topic)

    def queue(self, manifest: Manifest) -> SqsQueue:
        """A tenant's feedback queue."""
        return self._queue(manifest.queue_url)

    def dead_letters(self) -> SqsQueue:
        """The queue of what could not be delivered to any tenant's."""
        return self._named(self.settings.dead_letters)

    def notices(self) -> SqsQueue:
        """The queue of what SES says about the platform's own mail."""
        return self._named(self.settings.notices_queue)

    def _named(self, name: str) -> SqsQueue:
        try:
            found = call(self.clients["sqs"].get_queue_url, QueueName=name)
        except AwsError as err:
            if not err.code.endswith(("NonExistentQueue", "QueueDoesNotExist")):
                raise
            hint = "bring the platform up to date: innkeeper platform"
            raise InnkeeperError(f"there is no queue {name!r}", hint=hint) from err
        return self._queue(str(found["QueueUrl"]))

    def _queue(self, url: str) -> SqsQueue:
        return SqsQueue(self.clients, url, wait_seconds=self.settings.poll_seconds)

    @property
    def outside(self) -> Outside:
        """The ports of the conduct loop."""
        return Outside(
            archive=self.archive,
            queue=self.queue,
            dead_letters=self.dead_letters,
            notices=self.notices,
            levers=self.levers,
            blocklist=self.blocklist,
            mailer=self.mailer,
            account=self.account,
            reputation=self.reputation,
            operator=self.operator,
        )
