"""The Lambda functions as they are deployed: handlers, environment, the package itself."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from conduct_house import NOTICES
from ses_events import reject

from lambdas.audit.handler import handle as audit
from lambdas.collect.handler import handle as collect
from lambdas.drill.handler import handle as drill
from lambdas.sentinel.handler import handle as sentinel
from provisioner.aws import function
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.conduct.documents import read_standing
from provisioner.errors import InnkeeperError
from provisioner.model.standing import State
from provisioner.package import MOST_BYTES, build_zip

ROOT = Path(__file__).parents[3]
RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
CONTEXT = SimpleNamespace(aws_request_id="run-1", get_remaining_time_in_millis=lambda: 600_000)


@pytest.fixture
def deployed(house, monkeypatch):
    """What Terraform and Lambda put into a function's environment."""
    given = {
        "INNKEEPER_ACCOUNT": house.aws.account,
        "INNKEEPER_REGION": house.aws.region,
        "INNKEEPER_PREFIX": house.names.prefix,
        "INNKEEPER_NOTICES_FROM": NOTICES,
        "INNKEEPER_POLL_SECONDS": "0",
        **house.aws.environment(),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    function.wiring.cache_clear()
    yield house
    function.wiring.cache_clear()


def sns(manifest, event):
    message = {"Type": "Notification", "TopicArn": manifest.topic_arn, "Message": json.dumps(event)}
    return {"Records": [{"EventSource": "aws:sns", "Sns": message}]}


def line(capsys):
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_collect_and_audit_say_what_they_did_in_one_line(deployed, capsys):
    bakery = deployed.tenant("bakery")
    deployed.bounce(bakery, *(f"guest{n}@mail{n}.test" for n in range(16)))
    collected = collect({}, CONTEXT)
    said = line(capsys)
    assert said.items() >= json.loads(json.dumps(collected)).items()
    assert (said["TenantsCollected"], said["TenantsNotCollected"], said["DaysSinceAudit"]) == (1, 0, 0)
    # One more than was sent: SES's own word that it may publish to the topic.
    assert (said["event"], said["run_id"], said["seen"], said["stored"], said["complete"]) == (
        "collected", "run-1", 17, 17, True,
    )  # fmt: skip
    assert audit({}, CONTEXT)["summary"] == "1 of 1 judged"
    said = line(capsys)
    assert said["changed"] == {"bakery": "good → suspended"}
    assert said["pages"] == 2
    assert "@" not in json.dumps(said)
    assert not deployed.wiring.levers.read(bakery).set_enabled


def test_the_sentinel_stops_a_virus_at_once_and_the_queue_changes_nothing_later(deployed, capsys):
    bakery = deployed.tenant("bakery")
    event = reject(bakery, "guest@x.test", identity="virus-1")
    sentinel(sns(bakery, event), CONTEXT)
    assert line(capsys)["watched"][0]["at_once"]["after"] == "suspended"
    before, _ = read_standing(deployed.outside.archive, "bakery")
    assert before.state is State.SUSPENDED
    assert before.enforcement.complete
    sentinel(sns(bakery, event), CONTEXT)
    deployed.aws.publish(bakery.configuration_set, event)
    collect({}, CONTEXT)
    audit({}, CONTEXT)
    after, _ = read_standing(deployed.outside.archive, "bakery")
    assert (after.state, after.transitions) == (before.state, before.transitions)
    assert len([subject for _, subject in deployed.notices() if "Week" not in subject]) == 2


def test_a_message_of_nobodys_topic_is_refused(deployed):
    """B3: whatever is in it."""
    bakery = deployed.tenant("bakery")
    stranger = sns(bakery, reject(bakery, "guest@x.test", identity="virus-1"))
    stranger["Records"][0]["Sns"]["TopicArn"] = bakery.topic_arn.replace("bakery", "nobody")
    with pytest.raises(Exception, match="no tenant's"):
        sentinel(stranger, CONTEXT)


def test_another_set_in_a_genuine_envelope_is_ignored_and_told(deployed, capsys):
    """B1, B4."""
    bakery = deployed.tenant("bakery")
    event = reject(bakery, "guest@x.test", identity="virus-1")
    event["mail"]["tags"]["ses:configuration-set"] = ["inn-florist"]
    sentinel(sns(bakery, event), CONTEXT)
    assert "another configuration set" in line(capsys)["watched"][0]["ignored"]
    assert deployed.wiring.levers.read(bakery).set_enabled


def test_a_run_that_left_something_undone_fails_so_that_its_alarm_rings(deployed, capsys):
    """D4, D5, A17: and the log line says what."""
    bakery = deployed.tenant("bakery")
    deployed.wiring.clients["sqs"].delete_queue(QueueUrl=bakery.queue_url)
    with pytest.raises(function.IncompleteError):
        collect({}, CONTEXT)
    assert "bakery" in line(capsys)["failed"]
    deployed.wiring.clients["s3"].put_object(Bucket=deployed.names.bucket, Key="standing/bakery.json", Body=b"{broken")
    with pytest.raises(function.IncompleteError):
        audit({}, CONTEXT)
    said = line(capsys)
    assert said["summary"] == "0 of 1 judged"
    assert "bakery" in said["not_judged"]


def test_a_drill_that_finds_the_chain_broken_rings_and_is_not_tried_again(deployed, capsys, monkeypatch):
    """A18: the metric rings; an error of the function would make Lambda drill three times."""
    bakery = deployed.tenant("bakery")
    monkeypatch.setenv("INNKEEPER_PACED", "no")
    monkeypatch.setattr("provisioner.conduct.monthly_drill.TIDY_SECONDS", 600)  # no time to wait
    deployed.wiring.clients["sns"].set_topic_attributes(
        TopicArn=bakery.topic_arn, AttributeName="Policy", AttributeValue=json.dumps({"Statement": []})
    )
    assert drill({"tenant": "bakery"}, CONTEXT)["complete"] is False
    said = line(capsys)
    assert (said["DrillFailed"], said["Platform"]) == (1, "inn")
    assert said["summary"].startswith("bakery: no event of the mail arrived")
    assert "innkeeper apply bakery" in said["hint"]
    assert drill({"tenant": "nobody"}, CONTEXT)["complete"] is False
    assert line(capsys)["DrillFailed"] == 1


def test_a_run_in_batches_counts_all_of_them_before_it_acts(deployed, capsys):
    """D15."""
    for name in ("bakery", "florist"):
        tenant = deployed.tenant(name)
        body = sns(tenant, reject(tenant, "guest@x.test", identity=name))["Records"][0]["Sns"]
        deployed.wiring.clients["sqs"].send_message(QueueUrl=tenant.queue_url, MessageBody=json.dumps(body))
        collected = collect_all([name], deployed.outside, Drain(clock=function.now, threads=1), fast=False)
        assert collected.complete
    batches = [{"tenants": [name], "run": "w48", "batch": name, "fleet": 2} for name in ("bakery", "florist")]
    for batch in batches:
        audit({**batch, "phase": "judge"}, CONTEXT)
    assert deployed.wiring.archive.get("standing/bakery.json") is None
    with pytest.raises(InnkeeperError, match="not counted"):
        audit({**batches[0], "phase": "act"}, CONTEXT)
    assert audit({"run": "w48", "phase": "count"}, CONTEXT)["condemned_total"] == 2
    for batch in batches:
        audit({**batch, "phase": "act"}, CONTEXT)
    assert read_standing(deployed.outside.archive, "florist")[0].state is State.SUSPENDED
    capsys.readouterr()
    assert audit({"run": "w48", "phase": "publish"}, CONTEXT)["summary"] == "2 of 2 judged"
    said = line(capsys)
    assert [metric["Name"] for metric in said["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == [
        "AuditStopped", "EnforcementIncomplete", "TenantsJudged", "TenantsNotJudged",
    ]  # fmt: skip
    assert (said["Platform"], said["TenantsJudged"], said["TenantsNotJudged"]) == ("inn", 2, 0)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_zip(tmp_path_factory.mktemp("package") / "functions.zip", runtime=RUNTIME, root=ROOT)


def test_the_package_is_small_and_the_same_each_time(tmp_path):
    package = build_zip(tmp_path / "functions.zip", runtime=RUNTIME, root=ROOT)
    again = build_zip(tmp_path / "again.zip", runtime=RUNTIME)
    assert again.path.read_bytes() == package.path.read_bytes()
    assert again.sha256 == package.sha256
    assert package.size < MOST_BYTES
    names = zipfile.ZipFile(package.path).namelist()
    assert names == sorted(names)
    assert not [name for name in names if name.startswith(("provisioner/sandbox/", "provisioner/cli/", "boto"))]


SIZES = """
import importlib, json, os, sys, time
started = time.perf_counter()
sys.path[:0] = sys.argv[1:3]
for name in ("collect", "audit", "drill", "rotate", "sentinel"):
    module = importlib.import_module(f"lambdas.{name}.handler")
    assert module.__file__.startswith(sys.argv[1]) and callable(module.handle)
import provisioner, msgspec, jinja2
assert all(each.__file__.startswith(sys.argv[1]) for each in (provisioner, msgspec, jinja2)), msgspec.__file__
from provisioner.aws import function
wiring = function.wiring()
for service in ("s3", "sqs", "iam", "sesv2"):
    wiring.clients[service]
print(time.perf_counter() - started)
"""


def test_every_handler_starts_from_the_package_alone(package, tmp_path):
    """Nothing but the package and boto3 on the path; importing reads no environment and opens no connection."""
    unpacked, lambda_python = tmp_path / "task", tmp_path / "python"
    zipfile.ZipFile(package.path).extractall(unpacked)
    lambda_python.mkdir()
    installed = Path(boto3.__file__).parents[1]
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py", "certifi"):
        if (installed / name).exists():
            (lambda_python / name).symlink_to(installed / name)
    environment = {
        "PATH": os.environ["PATH"],
        "INNKEEPER_ACCOUNT": "123456789012",
        "INNKEEPER_REGION": "eu-central-1",
        "INNKEEPER_PREFIX": "inn",
        "INNKEEPER_NOTICES_FROM": NOTICES,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SIZES, str(unpacked), str(lambda_python)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 10  # about 0.3 s on an idle core; the bound only finds a catastrophe
