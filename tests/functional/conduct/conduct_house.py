"""One tenant on the embedded AWS, made by API calls as Terraform would make it; no Terraform is started."""

import json
import smtplib
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from ses_events import NOW, bounce

from provisioner.aws.clients import Clients
from provisioner.aws.settings import Settings
from provisioner.aws.wiring import Wiring
from provisioner.conduct.documents import write_manifest
from provisioner.model.manifest import Manifest
from provisioner.model.names import Place, PlatformNames
from provisioner.onboarding.credentials import mint, read_secret
from provisioner.sandbox import Sandbox

NOTICES = "notices@innkeeper.example"
OPERATOR = "operator@host.example"


class House:
    """The platform, and tenants made on demand."""

    def __init__(self, aws, clients):
        self.aws = aws
        self.names = PlatformNames("inn", Place(aws.account, aws.region))
        self.wiring = Wiring(
            clients,
            Settings.for_platform(self.names, notices_from=NOTICES, poll_seconds=0),
        )
        self.outside = self.wiring.outside

    def build(self):
        client = self.wiring.clients
        client["s3"].create_bucket(
            Bucket=self.names.bucket, CreateBucketConfiguration={"LocationConstraint": self.aws.region}
        )
        client["sqs"].create_queue(QueueName=self.names.dead_letters)
        client["sns"].create_topic(Name=self.names.operator_topic)
        client["sesv2"].create_configuration_set(ConfigurationSetName=self.names.configuration_set)
        self._feedback(self.names.configuration_set, self.names.notices_topic_arn, self.names.notices_queue_arn)
        self._identity(NOTICES.rpartition("@")[2])
        deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:*", "Resource": "*"}]}
        client["iam"].create_policy(
            PolicyName=self.names.suspended_policy, Path=self.names.path, PolicyDocument=json.dumps(deny)
        )

    def _feedback(self, configuration_set, topic, queue, *more):
        """SES -> topic -> queue; the queue's address."""
        client = self.wiring.clients
        url = client["sqs"].create_queue(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        policy = allow("sns.amazonaws.com", "sqs:SendMessage", queue)
        client["sqs"].set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        client["sns"].create_topic(Name=topic.rpartition(":")[2])
        client["sns"].set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=allow("ses.amazonaws.com", "sns:Publish", topic),
        )
        client["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        client["sesv2"].create_configuration_set_event_destination(
            ConfigurationSetName=configuration_set,
            EventDestinationName="feedback",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT", *more],
                "SnsDestination": {"TopicArn": topic},
            },
        )
        return url

    def _identity(self, domain):
        self.wiring.clients["sesv2"].create_email_identity(EmailIdentity=domain)
        self.aws.verify(domain)

    def tenant(self, name, *, contacts=None, **more):
        """Everything of one tenant; its manifest."""
        names, client = self.names.tenant(name), self.wiring.clients
        domain = f"{name}.example"
        client["sesv2"].create_configuration_set(ConfigurationSetName=names.configuration_set)
        queue = self._feedback(names.configuration_set, names.topic_arn, names.queue_arn, "DELIVERY", "DELIVERY_DELAY")
        self._identity(domain)
        client["sesv2"].put_email_identity_configuration_set_attributes(
            EmailIdentity=domain, ConfigurationSetName=names.configuration_set
        )
        arn = self.wiring.ses_tenants.ensure(
            names.ses_tenant, [names.identity_arn(domain), names.configuration_set_arn]
        )
        client["iam"].create_user(UserName=names.user, Path=names.user_path)
        client["iam"].put_user_policy(
            UserName=names.user, PolicyName="send", PolicyDocument=self._may_send(names, domain)
        )
        client["secretsmanager"].create_secret(Name=names.secret)
        manifest = Manifest(
            tenant=name,
            name=name.title(),
            domain=domain,
            account=self.aws.account,
            region=self.aws.region,
            prefix=self.names.prefix,
            configuration_set=names.configuration_set,
            topic_arn=names.topic_arn,
            queue_url=queue,
            user=names.user,
            secret=names.secret,
            ses_tenant=names.ses_tenant,
            ses_tenant_arn=arn,
            contacts=contacts or (f"owner@{name}.test",),
            from_address=f"wordpress@{domain}",
            from_name=name.title(),
            operator=OPERATOR,
            notices_from=NOTICES,
            **more,
        )
        mint(manifest, self.wiring.keys, self.wiring.secrets)
        write_manifest(self.wiring.archive, manifest)
        return manifest

    def _may_send(self, names, domain):
        resources = [names.identity_arn(domain), names.configuration_set_arn]
        return json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": resources}],
            }
        )

    def mail(self, manifest, *recipients, header=True, configuration_set=None):
        """Send over SMTP as the tenant's WordPress would; raises what the SMTP client sees."""
        secret = read_secret(self.wiring.secrets.get(manifest.secret))
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = manifest.from_address, ", ".join(recipients), "Order"
        if header:
            message["X-SES-TENANT"] = manifest.ses_tenant
        if configuration_set:
            message["X-SES-CONFIGURATION-SET"] = configuration_set
        message.set_content("Thank you for your order.")
        context = ssl.create_default_context(cafile=str(self.aws.ca_file))
        with smtplib.SMTP(self.aws.smtp_host, self.aws.smtp_port, timeout=10) as smtp:
            smtp.starttls(context=context)
            smtp.login(secret.username, secret.password)
            smtp.send_message(message, to_addrs=list(recipients))

    def bounce(self, manifest, *recipients, at=NOW):
        """Publish one hard bounce per recipient."""
        for number, recipient in enumerate(recipients):
            self.aws.publish(
                manifest.configuration_set, bounce(manifest, recipient, at, identity=f"{recipient}-{number}")
            )

    def notices(self):
        """(recipient, subject) of the platform's own mail."""
        own = [m for m in self.aws.mailbox if NOTICES in m.source]
        return [(m.recipient, message_from_bytes(m.raw, policy=default)["Subject"]) for m in own]


def allow(service, action, resource):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
            ],
        }
    )


@pytest.fixture(scope="session")
def embedded():
    with Sandbox() as aws:
        yield aws


@pytest.fixture(scope="session")
def shared_clients(embedded):
    """Making clients takes longer than most tests."""
    return Clients(embedded.session(), region=embedded.region, pacer=None)


@pytest.fixture
def house(embedded, shared_clients):
    embedded.reset()
    made = House(embedded, shared_clients)
    made.build()
    return made
