"""A platform and three sites as the commands make them: real Terraform, package and SMTP on the embedded AWS."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
from ses_events import bounce

from provisioner.cli.main import run
from provisioner.demo.readback import Readback
from provisioner.demo.site import Site
from provisioner.demo.stage import environment
from provisioner.model.names import Place, PlatformNames
from provisioner.onboarding.credentials import SmtpSecret
from provisioner.smtp import Endpoint

INNKEEPER = str(Path(sys.executable).parent / "innkeeper")
PLATFORM = f"""\
region: eu-central-1
operator: {{name: Olga, email: olga@mail.example}}
sender: notices@hosting.example
runtime: python{sys.version_info[0]}.{sys.version_info[1]}
"""
BAKERY = """\
id: bakery
name: Bakery
domain: bakery.example
contacts: [anna@mail.example]
dns: external
"""
CINEMA = """\
id: cinema
name: Cinema
domain: cinema.example
contacts: [carl@mail.example]
dns: external
"""

FLORIST = """\
id: florist
name: Florist
domain: florist.example
contacts: [flo@mail.example]
"""

_ACTIONS = {"ListObjectsV2": "ListBucket", "DeleteMessageBatch": "DeleteMessage"}  # where IAM says it otherwise


class DeployedHouse:
    """The operator's folder and the embedded AWS."""

    def __init__(self, folder, aws):
        self.folder, self.aws = folder, aws
        self.names = PlatformNames("innkeeper", Place(aws.account, aws.region))
        self.readback = Readback(aws)
        self._upgrade = None
        (folder / "tenants").mkdir(parents=True)
        self.write("platform.yaml", PLATFORM)
        self.write("tenants/bakery.yaml", BAKERY)
        self.write("tenants/cinema.yaml", CINEMA)
        self.write("tenants/florist.yaml", FLORIST)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def client(self, service):
        return self.aws.client(service)

    def build(self):
        """The tenants begin as soon as what they name is there: the platform's bucket takes a minute for itself."""
        platform = self.start("platform", "--yes")
        lambdas = self.client("lambda")
        while not any("sentinel" in one["FunctionName"] for one in lambdas.list_functions()["Functions"]):
            assert platform.poll() is None, platform.communicate()
            time.sleep(0.5)
        tenants = self.start("onboard", "--yes", "--parallel", "3")
        for process in (tenants, platform):
            output = process.communicate(timeout=300)
            assert process.returncode == 0, output
        for domain in ("bakery.example", "cinema.example", "hosting.example"):  # the florist's zone is in AWS
            self.aws.verify(domain)

    def close(self):
        if self._upgrade is not None and self._upgrade.poll() is None:
            self._upgrade.kill()
            self._upgrade.communicate()

    def upgrade(self):
        """An upgrade of the platform, begun: what the functions are told changes. It takes a minute."""
        if self._upgrade is None:
            self.write("platform.yaml", PLATFORM + "policy: {hard.tenant.small.warn: 6}\n")
            self._upgrade = self.start("platform", "--yes")
        return self._upgrade

    def start(self, *arguments):
        """A command in a process group of its own, Terraform included."""
        return subprocess.Popen(
            [INNKEEPER, *arguments, "-C", str(self.folder)], env={**os.environ, **self.aws.environment()},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def kill_when(self, reached, tenant, *arguments):
        """Start a command about a tenant, and end it and its Terraform as soon as ``reached``."""
        process = self.start(*arguments)
        while not reached():
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        for pid in {process.pid, *_below(self.folder / ".innkeeper" / "roots" / tenant)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()

    def __call__(self, *arguments, expect=0):
        """(standard output, standard error) of a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with environment(self.aws), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*arguments, "-C", str(self.folder)])
        assert code == expect, f"exit code {code}, not {expect}\n{out.getvalue()}\n{err.getvalue()}"
        return out.getvalue(), err.getvalue()

    def site(self, tenant):
        """The tenant's site, with the password in force."""
        value = self.client("secretsmanager").get_secret_value(
            SecretId=self.names.tenant(tenant).secret, VersionStage="AWSCURRENT"
        )["SecretString"]
        name = self.names.tenant(tenant).base
        endpoint = Endpoint(self.aws.smtp_host, self.aws.smtp_port, str(self.aws.ca_file))
        secret = msgspec.json.decode(value, type=SmtpSecret)
        return Site(secret=secret, ses_tenant=name, configuration_set=name, endpoint=endpoint)

    def objects(self, prefix):
        """Every key below a prefix; the shared Readback knows the bucket."""
        return self.readback.keys(prefix)

    def standing(self, tenant):
        return self._json(f"standing/{tenant}.json")

    def manifest(self, tenant):
        return self._json(f"fleet/{tenant}.json")

    def _json(self, key):
        return json.loads(self.client("s3").get_object(Bucket=self.names.bucket, Key=key)["Body"].read())

    def bounce(self, tenant, *recipients):
        """SES says that mailboxes do not exist to which a tenant wrote."""
        self._bounce(SimpleNamespace(**self.manifest(tenant)), recipients)

    def bounce_notice(self, recipient):
        """SES says the same of the platform's own mail."""
        own = {"from_address": "notices@hosting.example", "domain": "hosting.example", "account": self.aws.account}
        self._bounce(SimpleNamespace(configuration_set=self.names.configuration_set, **own), [recipient])

    def _bounce(self, sender, recipients):
        now = datetime.now(UTC)
        for recipient in recipients:
            self.aws.publish(sender.configuration_set, bounce(sender, recipient, now))

    @contextlib.contextmanager
    def listening(self):
        """Every action that is asked for meanwhile, as IAM calls it."""
        asked, judge = set(), self.aws.faults.judge

        def hear(operation):
            service = {"sesv2": "ses"}.get(operation.service, operation.service)
            asked.add(f"{service}:{_ACTIONS.get(operation.name, operation.name)}")
            return judge(operation)

        self.aws.faults.judge = hear
        try:
            yield asked
        finally:
            self.aws.faults.judge = judge

    def schedule(self, name):
        """The target of a schedule: whatever the scheduler would start, and with what input."""
        found = self.client("scheduler").get_schedule(
            Name=self.names.function(name), GroupName=self.names.schedule_group
        )
        return found["Target"]

    def run_machine(self, name, run):
        """Start what the schedule names, wait for its end; the output."""
        machines, target = self.client("stepfunctions"), self.schedule(name)
        arn = machines.start_execution(stateMachineArn=target["Arn"], name=run, input=target["Input"])["executionArn"]
        end = time.monotonic() + 120
        while (found := machines.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < end, machines.get_execution_history(executionArn=arn)["events"][-3:]
            time.sleep(0.2)
        assert found["status"] == "SUCCEEDED", (found.get("error"), found.get("cause"))
        return json.loads(found["output"])


def _below(folder):
    """Processes that work in ``folder``: Terraform and its provider."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").resolve().is_relative_to(folder):
                    yield int(entry.name)
