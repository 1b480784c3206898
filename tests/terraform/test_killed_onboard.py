"""Pulling the plug on ``innkeeper onboard``, its Terraform included, and running it again (E3)."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from provisioner.assets import asset
from provisioner.demo.stage import environment
from provisioner.model.names import Place, PlatformNames
from provisioner.sandbox import Sandbox

INNKEEPER = str(Path(sys.executable).parent / "innkeeper")
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def make_platform(aws, names):
    """What onboarding needs of the platform, without the minute that Terraform takes for all of it."""
    place = {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    aws.client("s3").create_bucket(Bucket=names.bucket, **place)
    aws.client("sqs").create_queue(QueueName=names.dead_letters)
    iam = aws.client("iam")
    for policy in (names.boundary, names.suspended_policy):
        iam.create_policy(PolicyName=policy, Path=f"/{names.prefix}/", PolicyDocument=ALLOW)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"Service": "lambda.amazonaws.com"}}]}  # fmt: skip
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context):\n    return {}\n")
    for name in ("sentinel", "rotate"):
        aws.client("lambda").create_function(
            FunctionName=names.function(name), Runtime="python3.11", Role=role, Handler="handler.handle",
            Code={"ZipFile": code.getvalue()},
        )  # fmt: skip


def below(folder):
    """Processes that work in ``folder``: Terraform and its provider."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").resolve().is_relative_to(folder):
                    yield int(entry.name)
            except OSError:
                continue


def kill_all(process, folder):
    process.kill()
    process.wait()
    for pid in below(folder):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("moment", ["the user exists", "the zone exists"])
def test_onboarding_killed_in_the_middle_of_the_apply_ends_complete_when_run_again(tmp_path, moment):
    folder = tmp_path / "sites"
    (folder / "tenants").mkdir(parents=True)
    shutil.copy(asset("examples") / "platform.yaml", folder)
    shutil.copytree(asset("examples") / "policies", folder / "policies")
    shutil.copy(asset("examples") / "tenants" / "bakery.yaml", folder / "tenants")
    rotates = moment == "the user exists"  # in one case only: it takes another apply
    if rotates:
        with (folder / "tenants" / "bakery.yaml").open("a") as file:
            file.write("credentials: {rotate_every_days: 90}\n")
    with Sandbox() as aws, environment(aws):
        names = PlatformNames("innkeeper", Place(aws.account, aws.region))
        make_platform(aws, names)
        iam, route53, user = aws.client("iam"), aws.client("route53"), names.tenant("bakery").user

        def reached():
            if moment == "the zone exists":
                return route53.list_hosted_zones()["HostedZones"]
            return any(one["UserName"] == user for one in iam.list_users()["Users"])

        command = [INNKEEPER, "onboard", "bakery", "--yes", "-C", str(folder)]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not reached():
            assert first.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        kill_all(first, tmp_path)

        again = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        (tmp_path / "printed").write_text(again.stdout + again.stderr)  # for the search for secrets at the end
        assert again.returncode == 0, again.stderr
        plan = [INNKEEPER, "plan", "bakery", "--refresh", "-C", str(folder)]
        empty = subprocess.run(plan, capture_output=True, text=True, check=False, timeout=120)
        assert empty.returncode == 0, empty.stdout + empty.stderr
        assert len(route53.list_hosted_zones()["HostedZones"]) == 1
        assert len(iam.list_access_keys(UserName=user)["AccessKeyMetadata"]) == 1
        secret = aws.client("secretsmanager").describe_secret(SecretId=names.tenant("bakery").secret)
        assert secret.get("RotationEnabled", False) == rotates
        status = subprocess.run(
            [INNKEEPER, "status", "--format", "json", "-C", str(folder)], capture_output=True, check=True, timeout=60
        )
        assert [(row["tenant"], row["state"]) for row in json.loads(status.stdout)] == [("bakery", "good")]
