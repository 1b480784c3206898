"""What AWS shows, asked by plain API calls and not through Innkeeper: the demo's claims rest on these alone."""

import json
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from provisioner.sandbox import Sandbox

SIMULATOR = "simulator.amazonses.com"


class Readback:
    """One platform with the prefix ``innkeeper``, in one sandbox."""

    def __init__(self, aws: Sandbox) -> None:
        self._aws = aws

    def functions(self) -> list[str]:
        """Names of the Lambda functions."""
        return sorted(one["FunctionName"] for one in self._aws.client("lambda").list_functions()["Functions"])

    def identity(self, domain: str) -> dict[str, Any]:
        """What SES says about a domain."""
        return dict(self._aws.client("sesv2").get_email_identity(EmailIdentity=domain))

    def tenant_resources(self, tenant: str) -> list[str]:
        """ARNs that belong to the SES tenant."""
        found = self._aws.client("sesv2").list_tenant_resources(TenantName=f"innkeeper-{tenant}")
        return [one["ResourceArn"] for one in found["TenantResources"]]

    def waiting(self, tenant: str) -> int:
        """Messages in the tenant's queue, those being read included."""
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue(tenant), AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def last_bounce(self, tenant: str) -> str:
        """How SES classed the newest bounce waiting in the queue; the messages stay there."""
        found = self._sqs.receive_message(QueueUrl=self._queue(tenant), MaxNumberOfMessages=10, VisibilityTimeout=0)
        events = [json.loads(json.loads(one["Body"])["Message"]) for one in found.get("Messages", [])]
        bounces = [event["bounce"] for event in events if event["eventType"] == "Bounce"]
        newest: dict[str, Any] = max(bounces, key=lambda bounce: bounce["timestamp"], default={})
        return str(newest.get("bounceSubType", "no bounce"))

    def keys(self, prefix: str) -> list[str]:
        """Objects in the platform's bucket."""
        bucket = f"innkeeper-{self._aws.account}-{self._aws.region}"
        found = self._aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def switches(self, tenant: str) -> dict[str, bool]:
        """The four levers of a tenant; True lets mail through."""
        iam, ses = self._aws.client("iam"), self._aws.client("sesv2")
        name, user = f"innkeeper-{tenant}", f"innkeeper-{tenant}-smtp"
        options = ses.get_configuration_set(ConfigurationSetName=name)["SendingOptions"]
        attached = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
        keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {
            "configuration set": options["SendingEnabled"],
            "user policy": all(one["PolicyName"] != "innkeeper-suspended" for one in attached),
            "access keys": any(key["Status"] == "Active" for key in keys),
            "SES tenant": ses.get_tenant(TenantName=name)["Tenant"]["SendingStatus"] != "DISABLED",
        }

    def save_notices(self, folder: Path) -> list[tuple[Path, str]]:
        """Every mail that left to a person: .eml, .html and .txt; the HTML file and the subject."""
        folder.mkdir(exist_ok=True)
        saved = []
        people = [mail for mail in self._aws.mailbox if mail.configuration_set == "innkeeper-notices"]
        for number, mail in enumerate(people, 1):
            message = BytesParser(policy=policy.default).parsebytes(mail.raw)
            base = folder / f"{number:02d}-{mail.recipient.replace('@', '-at-')}"
            Path(f"{base}.eml").write_bytes(mail.raw)
            for kind, ending in (("html", ".html"), ("plain", ".txt")):
                body = message.get_body(preferencelist=(kind,))
                if body is not None:
                    Path(f"{base}{ending}").write_text(body.get_content(), encoding="utf-8")
            saved.append((Path(f"{base}.html"), str(message["Subject"])))
        return saved

    @property
    def _sqs(self) -> Any:
        return self._aws.client("sqs")

    def _queue(self, tenant: str) -> str:
        return str(self._sqs.get_queue_url(QueueName=f"innkeeper-{tenant}-feedback")["QueueUrl"])
