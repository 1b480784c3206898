"""Step Functions: the engine that runs machines, and the validation that Terraform asks for.

Replaces in moto: the engine is switched on in the configuration, since the default one never finishes; its clients go
to the sandbox of the state machine's account instead of localhost:5000; ``ValidateStateMachineDefinition`` is missing
and Terraform calls it while planning, and ``ListStateMachineVersions`` while reading.
"""

import json
import logging
from typing import Any

import boto3
from botocore.config import Config
from moto.core.config import default_user_config
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.responses import StepFunctionResponse

from provisioner.sandbox.running import DEFAULT_ACCOUNT, find

_LONGEST_TASK = 900


def install() -> None:
    """Install the repair."""
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    boto_client.boto_client_for = _client_for  # before the engine's modules import the name
    StepFunctionResponse.validate_state_machine_definition = _validate
    StepFunctionResponse.list_state_machine_versions = _versions
    # A failed execution is an answer, not an incident of this process.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    role = getattr(state_credentials, "role_arn", None) or ""
    account = role.split(":")[4] if role.count(":") >= 5 else DEFAULT_ACCOUNT  # noqa: PLR2004  an ARN has six parts
    make: Any = boto3.client  # the stubs know no service that is named by a variable
    return make(
        service,
        region_name=region,
        endpoint_url=find(account).endpoint_url,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106  opens nothing: moto asks for no permission
        config=Config(
            parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=_LONGEST_TASK, connect_timeout=5
        ),
    )


def _validate(self: Any) -> Any:
    problem = _problem(self._get_param("definition") or "")
    diagnostics = [{"severity": "ERROR", "code": problem[0], "message": problem[1]}] if problem else []
    return ActionResult({"result": "FAIL" if problem else "OK", "diagnostics": diagnostics, "truncated": False})


def _versions(self: Any) -> Any:
    """List published versions, newest first."""
    machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
    versions = sorted(machine.versions.items(), reverse=True)
    listed = [{"stateMachineVersionArn": v.arn, "creationDate": v.creation_date} for _, v in versions]
    return ActionResult({"stateMachineVersions": listed})


def _problem(definition: str) -> tuple[str, str] | None:
    """Find what is plainly wrong; the engine says the rest when the machine is created."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return "INVALID_JSON_DESCRIPTION", str(error)
    if not isinstance(machine, dict) or not isinstance(machine.get("States"), dict) or not machine["States"]:
        return "SCHEMA_VALIDATION_FAILED", "A machine needs States"
    states, start = machine["States"], machine.get("StartAt")
    if start not in states:
        return "MISSING_TRANSITION_TARGET", f"StartAt names no state: {start!r}"
    missing = [s["Next"] for s in states.values() if isinstance(s, dict) and "Next" in s and s["Next"] not in states]
    return ("MISSING_TRANSITION_TARGET", f"Next names no state: {missing[0]!r}") if missing else None
