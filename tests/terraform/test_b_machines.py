"""The state machines that Terraform made are those that the tests of the conduct loop run, and start for real."""

import json
import re
import time

from provisioner.assets import asset

MACHINES = asset("terraform") / "modules" / "platform" / "machines"


def test_terraform_makes_the_definitions_that_are_tested(world) -> None:
    """The same file, filled in: names from the one place that knows them, numbers as the module's defaults."""
    world.platform_applied.result(timeout=300)
    client = world.client("stepfunctions")
    for name in ("audit", "collect"):
        made = client.describe_state_machine(stateMachineArn=world.names.machine_arn(name))
        values = {
            "partition": "aws",
            "function_arn": world.names.function_arn(name),
            "bucket": world.names.bucket,
            "max_concurrency": 5,
            "tolerated_failure_percent": "50.0",
            "retry_seconds": 30,
        }
        text = (MACHINES / f"{name}.asl.json").read_text()
        filled = re.sub(r"\$\{(\w+)\}", lambda found, values=values: str(values[found.group(1)]), text)
        assert json.loads(made["definition"]) == json.loads(filled)
        assert made["roleArn"].endswith(f":role{world.names.path}{world.names.machine_role(name)}")


def test_a_schedule_names_a_machine_that_starts(world) -> None:
    """D9: from the schedule's own target, by the embedded Step Functions, with the names that were rendered."""
    world.platform_applied.result(timeout=300)
    scheduler, machines = world.client("scheduler"), world.client("stepfunctions")
    for name in ("audit", "collect"):
        schedule = scheduler.get_schedule(Name=world.names.function(name), GroupName=world.names.schedule_group)
        target = schedule["Target"]
        run = machines.start_execution(stateMachineArn=target["Arn"], name="trial", input=target["Input"])[
            "executionArn"
        ]
        history = []
        end = time.monotonic() + 20
        while not any(event["type"] == "TaskScheduled" for event in history):
            assert time.monotonic() < end
            time.sleep(0.1)
            history = machines.get_execution_history(executionArn=run)["events"]
        scheduled = next(event for event in history if event["type"] == "TaskScheduled")
        asked = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
        assert asked == {"FunctionName": world.names.function_arn(name), "Payload": {"phase": "prepare"}}
        machines.stop_execution(executionArn=run)
