"""Two tenants in one sandbox, each with a user, an identity, a set, an SES tenant, a topic and a queue."""

import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from moto.iam.models import iam_backends

from provisioner.onboarding.smtp_password import derive
from provisioner.sandbox import Sandbox

ACCOUNT, REGION = "210987654321", "eu-west-1"
EVENTS = ("SEND", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY", "DELIVERY_DELAY")


@dataclass
class Site:
    """One tenant: what it is called, its keys, and the ways to send and to listen."""

    name: str
    aws: Sandbox
    key: str
    secret: str
    queue_url: str
    topic_arn: str
    clients: dict = field(default_factory=dict)

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = self.aws.client(service)
        return self.clients[service]

    @property
    def domain(self):
        return f"{self.name}.example"

    @property
    def user(self):
        return f"inn-{self.name}-smtp"

    @property
    def set_name(self):
        return f"inn-{self.name}"

    @property
    def password(self):
        return derive(self.secret, REGION)

    def session(self, *, login=True, tls=True):
        client = smtplib.SMTP(self.aws.smtp_host, self.aws.smtp_port, timeout=10)
        if tls:
            client.starttls(context=ssl.create_default_context(cafile=str(self.aws.ca_file)))
        if login:
            client.login(self.key, self.password)
        return client

    def mail(self, to, *, sender=None, body="Your order is ready.", **headers):
        mail = EmailMessage()
        mail["From"] = sender or f"The shop <shop@{self.domain}>"
        mail["To"] = to
        mail["Subject"] = "Your order"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        return mail

    def send(self, *to, envelope=None, **options):
        """Send one mail; SES's message id. Raises smtplib's exception when it is refused."""
        with self.session() as client:
            return send_with(client, self.mail(", ".join(to), **options), to, envelope or f"shop@{self.domain}")

    def drain(self):
        """The bodies waiting in the tenant's queue, as SNS wrapped them."""
        sqs = self.client("sqs")
        found = []
        while batch := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def events(self):
        """The SES events waiting in the tenant's queue."""
        return [json.loads(body["Message"]) for body in self.drain()]


def send_with(client, mail, to, envelope):
    client.mail(envelope)
    for address in to:
        code, text = client.rcpt(address)
        if code != 250:
            raise smtplib.SMTPRecipientsRefused({address: (code, text)})
    code, text = client.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    if code != 250:
        raise smtplib.SMTPDataError(code, text)
    return text.decode().removeprefix("Ok ")


def arn(service, resource, region=REGION):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def allow_service(service, action, resource, source):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def send_policy(name):
    resources = [arn("ses", f"identity/{name}.example"), arn("ses", f"configuration-set/inn-{name}")]
    statement = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_site(name, aws):
    iam, sns, sqs = (aws.client(service) for service in ("iam", "sns", "sqs"))
    iam.create_user(UserName=f"inn-{name}-smtp", Path="/inn/")
    iam.put_user_policy(UserName=f"inn-{name}-smtp", PolicyName="send", PolicyDocument=send_policy(name))
    key = iam.create_access_key(UserName=f"inn-{name}-smtp")["AccessKey"]
    topic, set_arn = arn("sns", f"inn-{name}"), arn("ses", f"configuration-set/inn-{name}")
    sns.create_topic(Name=f"inn-{name}", Attributes={"Policy": allow_service("ses", "sns:Publish", topic, set_arn)})
    queue = arn("sqs", f"inn-{name}")
    policy = allow_service("sns", "sqs:SendMessage", queue, topic)
    url = sqs.create_queue(QueueName=f"inn-{name}", Attributes={"Policy": policy})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    make_ses(name, aws, topic)
    return Site(name, aws, key["AccessKeyId"], key["SecretAccessKey"], url, topic)


def make_ses(name, aws, topic):
    ses, own = aws.client("sesv2"), f"inn-{name}"
    ses.create_configuration_set(ConfigurationSetName=own, SuppressionOptions={"SuppressedReasons": ["BOUNCE"]})
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=own,
        EventDestinationName="feedback",
        EventDestination={"Enabled": True, "MatchingEventTypes": EVENTS, "SnsDestination": {"TopicArn": topic}},
    )
    ses.create_email_identity(EmailIdentity=f"{name}.example", ConfigurationSetName=own)
    aws.verify(f"{name}.example")
    ses.create_tenant(TenantName=own)
    ses.put_tenant_suppression_attributes(
        TenantName=own, SuppressedReasons=["BOUNCE", "COMPLAINT"], SuppressionScope="TENANT"
    )
    for resource in (f"configuration-set/{own}", f"identity/{name}.example"):
        ses.create_tenant_resource_association(TenantName=own, ResourceArn=arn("ses", resource))


@pytest.fixture(scope="package")
def aws():
    with Sandbox(region=REGION, account=ACCOUNT) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def _sites(aws):
    return make_site("bakery", aws), make_site("florist", aws)


@pytest.fixture
def bakery(_sites):
    site = _sites[0]
    site.drain()
    return site


@pytest.fixture
def florist(_sites):
    site = _sites[1]
    site.drain()
    return site


@pytest.fixture
def state(aws):
    return aws.ses


@pytest.fixture
def deny(bakery):
    """Gives the bakery's user a further inline policy with one statement, until the test ends."""
    policies = iam_backends[ACCOUNT]["aws"].users[bakery.user].policies

    def put(**statement):
        whole = {"Effect": "Deny", "Action": "ses:*", "Resource": "*"} | statement
        policies["more"] = json.dumps({"Version": "2012-10-17", "Statement": [whole]})

    yield put
    policies.pop("more", None)
