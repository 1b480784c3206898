"""The real provider applies every kind of resource that we use on the sandbox, and finds nothing to change after it."""

import json
import os
import zipfile
from pathlib import Path

from provisioner.sandbox import Sandbox
from provisioner.tf import Installation, Terraform

HCL = Path(__file__).parent / "data" / "everything.tf"
CODE = """
import json, os, boto3

def handler(event, context):
    text = json.dumps(event)
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="seen/" + context.aws_request_id, Body=text.encode())
"""


def changes(plan: dict) -> list[str]:
    return [
        c["address"] for c in plan.get("resource_changes", []) if c["change"]["actions"] not in (["no-op"], ["read"])
    ]


def test_the_plan_after_an_apply_is_empty_and_what_was_applied_works(
    tmp_path: Path, installation: Installation
) -> None:
    with Sandbox(smtp=False) as aws:
        root = Terraform(tmp_path / "root", installation, env={**os.environ, **aws.environment()})
        root.write({"main.tf": HCL.read_text().replace("ACCOUNT", aws.account)})
        with zipfile.ZipFile(root.root / "fn.zip", "w") as package:
            package.writestr("handler.py", CODE)
        root.plan()
        root.apply()
        assert changes(root.plan()) == []
        assert aws.unimplemented == []
        _mail_finds_its_way(aws)


def _mail_finds_its_way(aws: Sandbox) -> None:
    ses, s3 = aws.client("sesv2"), aws.client("s3")
    identity = ses.get_email_identity(EmailIdentity="bakery.example")
    assert identity["VerificationStatus"] == identity["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS"
    ses.send_email(
        FromEmailAddress="shop@bakery.example",
        Destination={"ToAddresses": ["bounce@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Bread"}}}},
    )
    assert aws.refused == []
    bucket = f"ik-{aws.account}-eu-central-1"
    (seen,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    record = json.loads(s3.get_object(Bucket=bucket, Key=seen["Key"])["Body"].read())["Records"][0]
    assert json.loads(record["Sns"]["Message"])["eventType"] == "Bounce"
