"""One tenant whose credentials rotate: the site that uses them, Secrets Manager that asks, the command that runs."""

import copy
import smtplib
import ssl
from contextlib import contextmanager
from functools import partial

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from provisioner.conduct.documents import read_standing
from provisioner.onboarding.credentials import mint, read_secret
from provisioner.onboarding.retirement import probes_key
from provisioner.onboarding.rotating import Rotation, next_token, serve, step
from provisioner.onboarding.rotation import STEPS
from provisioner.sandbox import CallFaults
from provisioner.sandbox.principals import Desk
from provisioner.smtp import Endpoint, Refused, probe

TOKENS = [f"{n:08d}-0000-0000-0000-000000000000" for n in range(1, 9)]


class Rotating:
    """A tenant in a House; ``first`` are the credentials that its site was given."""

    def __init__(self, house, name="bakery"):
        self.house, self.aws, self.wiring = house, house.aws, house.wiring
        self.manifest = house.tenant(name)
        self.first = self.current()

    def again(self):
        """Back to freshly minted credentials."""
        self.empty()
        mint(self.manifest, self.wiring.keys, self.wiring.secrets)
        self.first = self.current()

    def empty(self):
        """As after an apply, before anything was minted."""
        for key in self.wiring.keys.list(self.manifest.user):
            self.wiring.keys.delete(self.manifest.user, key.id)
        client = self.wiring.clients["secretsmanager"]
        client.delete_secret(SecretId=self.manifest.secret, ForceDeleteWithoutRecovery=True)
        client.create_secret(Name=self.manifest.secret)
        self.wiring.clients["s3"].delete_object(Bucket=self.house.names.bucket, Key=probes_key(self.manifest.tenant))

    def keep(self):
        """A function that brings keys and secret back to what they are now, as often as it is called."""
        iam = iam_backends[self.aws.account]["aws"]
        user, secrets = iam.users[self.manifest.user], self._secrets
        keys, secret = [copy.copy(key) for key in user.access_keys], copy.deepcopy(secrets[self.manifest.secret])

        def back():
            for key in user.access_keys:
                del iam.access_keys[key.access_key_id]
            user.access_keys = [copy.copy(key) for key in keys]
            iam.access_keys.update({key.access_key_id: key for key in user.access_keys})
            secrets[self.manifest.secret] = copy.deepcopy(secret)

        return back

    @property
    def _secrets(self):
        return secretsmanager_backends[self.aws.account][self.aws.region].secrets

    def opens(self, secret):
        """Whether these credentials are right and active, asked of the SMTP endpoint's own desk without connecting."""
        desk = Desk(self.aws.account, self.aws.region, "aws")
        return desk.log_in(secret.username, secret.password, self.aws.clock.now()) is not None

    def probe_at_desk(self, secret, _message):
        """The rotation's test without a connection, for tests that run it many times."""
        if not self.opens(secret):
            raise Refused(535, "Authentication Credentials Invalid", "login")

    def current(self):
        return read_secret(self.wiring.secrets.get(self.manifest.secret))

    @property
    def arn(self):
        return self.wiring.clients["secretsmanager"].describe_secret(SecretId=self.manifest.secret)["ARN"]

    def rotation(self, probing=None):
        endpoint = Endpoint(self.aws.smtp_host, self.aws.smtp_port, str(self.aws.ca_file))
        return Rotation(
            manifest=self.manifest,
            keys=self.wiring.keys,
            secrets=self.wiring.secrets,
            archive=self.wiring.archive,
            state=lambda: read_standing(self.wiring.archive, self.manifest.tenant)[0].state,
            probe=probing or partial(probe, endpoint=endpoint, patience=0),
            clock=self.aws.clock.now,
        )

    def begin(self, token):
        """What Secrets Manager does before it calls the function: an empty version, pending."""
        secret = self._secrets[self.manifest.secret]
        if token not in secret.versions:
            secret.remove_version_stages_from_old_versions(["AWSPENDING"])
            secret.versions[token] = {"createdate": 0, "version_id": token, "version_stages": ["AWSPENDING"]}

    def by_service(self, token, probing=None):
        self.begin(token)
        one = self.rotation(probing)
        for name in STEPS:
            serve(one, name, token)

    def by_command(self, probing=None):
        one = self.rotation(probing)
        token = next_token(one)
        for name in STEPS:
            step(one, name, token)

    def logs_in(self, secret):
        """Whether a site with these credentials gets in, by real SMTP."""
        with smtplib.SMTP(self.aws.smtp_host, self.aws.smtp_port, timeout=10) as smtp:
            smtp.starttls(context=ssl.create_default_context(cafile=str(self.aws.ca_file)))
            try:
                return smtp.login(secret.username, secret.password)[0] == 235
            except smtplib.SMTPAuthenticationError:
                return False

    def end(self):
        """The state in AWS, key ids replaced by the order in which they were made."""
        keys = self.wiring.keys.list(self.manifest.user)
        number = {key.id: n for n, key in enumerate(keys)}
        versions = self.wiring.secrets.versions(self.manifest.secret)
        stages = {number.get(read_secret(v).username, "gone"): v.stages for v in versions}
        return [(n, key.active, stages.get(n, ())) for n, key in enumerate(keys)], "gone" in stages


def changes(call):
    """Reads change nothing: dying at one leaves behind what dying around the changes beside it does."""
    return not call.operation.startswith(("Get", "List", "Describe", "Head"))


@contextmanager
def breaking(rotating, faults):
    clients = [rotating.wiring.clients[name] for name in ("iam", "secretsmanager", "s3")]
    for client in clients:
        faults.attach(client)
    try:
        yield faults
    finally:
        for client in clients:
            faults.detach(client)


def counted(rotating, run):
    """The changes that ``run`` makes in AWS."""
    with breaking(rotating, CallFaults(only=changes)) as faults:
        run()
    return [str(call) for call in faults.calls]
