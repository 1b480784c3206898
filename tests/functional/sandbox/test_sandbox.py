"""The sandbox as a library and as a foreground program."""

import os
import re
import signal
import subprocess
import sys
import time

import boto3
import pytest

from provisioner.errors import InnkeeperError
from provisioner.sandbox import Sandbox


def test_two_sandboxes_in_one_process_do_not_see_each_other():
    with Sandbox(smtp=False) as one, Sandbox(smtp=False, region="eu-west-1") as two:
        assert one.account != two.account
        for aws, name in ((one, "a"), (two, "b")):
            aws.client("sqs").create_queue(QueueName=name)
            aws.client("sesv2").create_tenant(TenantName=name)
            aws.client("iam").create_user(UserName=name)
            place = {"LocationConstraint": aws.region}
            aws.client("s3").create_bucket(Bucket=f"bucket-{name}", CreateBucketConfiguration=place)
            aws.client("s3").put_object(Bucket=f"bucket-{name}", Key="k", Body=name.encode())
        two.reset()
        assert one.client("s3").get_object(Bucket="bucket-a", Key="k")["Body"].read() == b"a"
        assert [user["UserName"] for user in one.client("iam").list_users()["Users"]] == ["a"]
        assert (list(one.ses.tenants), list(two.ses.tenants)) == (["a"], [])
        assert one.client("sts").get_caller_identity()["Account"] == one.account
        with pytest.raises(InnkeeperError, match="runs in this process already"):
            Sandbox(account=one.account, smtp=False).start()


def test_a_stopped_sandbox_leaves_nothing_behind():
    with Sandbox(smtp=False) as aws:
        account, folder = aws.account, aws.folder
        aws.client("sesv2").create_tenant(TenantName="a")
    assert not folder.exists()
    with Sandbox(smtp=False, account=account) as again:
        assert again.ses.tenants == {}
    with pytest.raises(InnkeeperError, match="does not run"):
        _ = aws.endpoint_url


def test_the_environment_leads_a_child_process_here():
    with Sandbox() as aws:
        environment = aws.environment()
        assert environment["AWS_ENDPOINT_URL"] == aws.endpoint_url
        assert environment["INNKEEPER_SMTP_PORT"] == str(aws.smtp_port)
        assert aws.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
        code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == aws.account


def test_serve_prints_what_a_shell_needs_and_stops_when_told():
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", "from provisioner.sandbox import serve; serve()"], stdout=subprocess.PIPE, text=True
    ) as program:
        lines = [program.stdout.readline()]
        while "AWS_SECRET_ACCESS_KEY" not in lines[-1]:
            lines.append(program.stdout.readline())
        url = re.search(r"AWS_ENDPOINT_URL=(\S+)", "".join(lines))[1]
        client = boto3.client(
            "sts", endpoint_url=url, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        assert client.get_caller_identity()["Account"] == "123456789012"
        program.send_signal(signal.SIGTERM)
        program.communicate()
    assert program.returncode == 0
    assert time.monotonic() - started < 10
