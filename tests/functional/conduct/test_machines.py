"""The state machines as the module makes them, run by the embedded Step Functions with the functions' real handlers."""

import json
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from conduct_house import NOTICES
from moto.awslambda.models import LambdaFunction

from lambdas.audit.handler import handle as audit
from lambdas.collect.handler import handle as collect
from provisioner.aws import function
from provisioner.conduct import batches, notes, readings
from provisioner.conduct.documents import read_standing
from provisioner.model.standing import State

ROOT = Path(__file__).parents[3]
MACHINES = ROOT / "terraform" / "modules" / "platform" / "machines"
CONTEXT = SimpleNamespace(aws_request_id="run-1", get_remaining_time_in_millis=lambda: 600_000)
TRUST = '{"Version":"2012-10-17","Statement":[]}'


def definition(name, **values):
    """The very file that Terraform's templatefile reads. A name that is missing is an error there and here."""
    return re.sub(
        r"\$\{(\w+)\}", lambda found: str(values[found.group(1)]), (MACHINES / f"{name}.asl.json").read_text()
    )


HANDLERS = {"lambdas.audit.handler.handle": audit, "lambdas.collect.handler.handle": collect}


def in_process(made, event=None):
    """Run a function's real handler here: a process a call would take most of the test's time, and has its own test."""
    try:
        given = json.loads(event or "{}") if isinstance(event, str | bytes | None) else event
        result = HANDLERS[made.handler](given, CONTEXT)
    except Exception as error:  # noqa: BLE001 - as Lambda reports whatever the code raised
        return json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}), True, ""
    return json.dumps(result), False, ""


@pytest.fixture
def platform(house, monkeypatch):
    """Functions and machines of a house; each tenant is a batch."""
    environment = {
        "INNKEEPER_ACCOUNT": house.aws.account,
        "INNKEEPER_REGION": house.aws.region,
        "INNKEEPER_PREFIX": house.names.prefix,
        "INNKEEPER_NOTICES_FROM": NOTICES,
        "INNKEEPER_POLL_SECONDS": "0",
        "INNKEEPER_BATCH_SIZE": "1",
    }
    for name, value in (environment | house.aws.environment()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(LambdaFunction, "_invoke_lambda", in_process)
    function.wiring.cache_clear()
    client = house.wiring.clients
    role = client["iam"].create_role(RoleName="work", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    for name in ("collect", "audit"):
        client["lambda"].create_function(
            FunctionName=house.names.function(name), Runtime="python3.13", Role=role, Timeout=60,
            Handler=f"lambdas.{name}.handler.handle", Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )  # fmt: skip
        client["stepfunctions"].create_state_machine(
            name=house.names.machine(name),
            roleArn=role,
            definition=definition(
                name, partition="aws", function_arn=house.names.function_arn(name), bucket=house.names.bucket,
                max_concurrency=2, tolerated_failure_percent="50.0", retry_seconds=1,
            ),
        )  # fmt: skip
    yield house
    function.wiring.cache_clear()


def execute(house, name, run):
    """Run a machine to its end; its output."""
    client = house.wiring.clients["stepfunctions"]
    arn = client.start_execution(stateMachineArn=house.names.machine_arn(name), name=run, input="{}")["executionArn"]
    end = time.monotonic() + 60
    while (found := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < end
        time.sleep(0.2)
    assert found["status"] == "SUCCEEDED", (found.get("error"), found.get("cause"))
    return json.loads(found["output"])


def test_three_batches_are_collected_judged_counted_and_published(platform):
    """D4, D5, D15: a broken tenant in one batch, a condemned one in another; the others are judged."""
    tenants = {name: platform.tenant(name) for name in ("florist", "inn", "mill")}
    platform.bounce(tenants["florist"], *(f"guest{n}@mail{n}.test" for n in range(16)))
    assert execute(platform, "collect", "day")["complete"]
    archive = platform.wiring.archive
    work = batches.load(archive.get(batches.KEY).body)
    assert [each.tenants for each in work] == [("florist",), ("inn",), ("mill",)]
    assert platform.wiring.levers.read(tenants["florist"]).set_enabled
    assert readings.last_read(archive).keys() == tenants.keys()

    platform.wiring.clients["s3"].put_object(Bucket=platform.names.bucket, Key="standing/mill.json", Body=b"{broken")
    output = execute(platform, "audit", "week-48")
    assert (output["summary"], output["complete"]) == ("2 of 3 judged", False)
    decision = notes.read(archive, notes.decision_key("week-48"), notes.Decision)
    assert (decision.condemned, decision.fleet, decision.stopped) == (("florist",), 3, "")
    assert read_standing(archive, "florist")[0].state is State.SUSPENDED
    assert not platform.wiring.levers.read(tenants["florist"]).set_enabled
    assert platform.wiring.levers.read(tenants["inn"]).set_enabled
    assert list(archive.keys("runs/week-48/acted/")) == [f"runs/week-48/acted/0000{n}.json" for n in (1, 2, 3)]
    assert len([subject for _, subject in platform.notices() if "Week" in subject]) == 1


def test_a_run_killed_between_its_phases_is_finished_by_the_next(platform):
    """D3, D4: the machine is stopped while it counts; the next week's run, or a person's, ends what it began."""
    florist = platform.tenant("florist")
    platform.tenant("inn")
    platform.bounce(florist, *(f"guest{n}@mail{n}.test" for n in range(16)))
    execute(platform, "collect", "day")
    client = platform.wiring.clients["stepfunctions"]
    held, entered = threading.Event(), threading.Event()

    def hold(event, context):
        if event.get("phase") == "count" and event["run"] == "killed":
            entered.set()
            held.wait(20)
        return audit(event, context)

    HANDLERS["lambdas.audit.handler.handle"] = hold
    try:
        arn = client.start_execution(
            stateMachineArn=platform.names.machine_arn("audit"), name="killed", input="{}"
        )["executionArn"]  # fmt: skip
        assert entered.wait(20)
        client.stop_execution(executionArn=arn)
        held.set()
        while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(0.05)
        assert client.describe_execution(executionArn=arn)["status"] == "ABORTED"
        assert platform.wiring.levers.read(florist).set_enabled
        assert execute(platform, "audit", "next")["summary"] == "2 of 2 judged"
    finally:
        HANDLERS["lambdas.audit.handler.handle"] = audit
    assert not platform.wiring.levers.read(florist).set_enabled
    assert not list(platform.wiring.archive.keys("runs/killed/acted/"))


def test_a_function_that_fails_at_first_is_tried_again(platform):
    """I3: Lambda throttles at an account's low first quota; nothing is lost, one batch is only later."""
    platform.tenant("bakery")
    refusals = iter([True, False])

    def busy(event, context):
        if "batch" in event and next(refusals):
            raise RuntimeError("Rate Exceeded.")
        return collect(event, context)

    HANDLERS["lambdas.collect.handler.handle"] = busy
    try:
        assert execute(platform, "collect", "day")["complete"]
    finally:
        HANDLERS["lambdas.collect.handler.handle"] = collect
    assert list(platform.wiring.archive.keys("feedback/"))
