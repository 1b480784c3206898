"""Lambda code without Docker: each invocation in a child process, with time-out, memory limit, context and log.

Replaces in moto: ``LambdaFunction._invoke_lambda``, which needs Docker; and the configuration, which forgets
``DeadLetterConfig``. Only for code of our own: it is no jail.
The code sees its own package first and the Python packages of this environment after it, as it sees boto3 on AWS.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction

from provisioner.sandbox.running import Running, find

_CHILD = Path(__file__).with_name("lambda_child.py")
_DEAD_LETTERS = "innkeeper_dead_letters"
_GRACE = 20.0  # for starting Python and importing, which on AWS does not count either


def install() -> None:
    """Install the repair."""
    LambdaFunction._invoke_lambda = invoke  # noqa: SLF001
    original_init, original_update = LambdaFunction.__init__, LambdaFunction.update_configuration
    original_get = LambdaFunction.get_configuration

    def init(self: Any, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        original_init(self, account_id, spec, *args, **kwargs)
        setattr(self, _DEAD_LETTERS, spec.get("DeadLetterConfig"))

    def update(self: Any, updates: dict[str, Any]) -> Any:
        if "DeadLetterConfig" in updates:
            setattr(self, _DEAD_LETTERS, updates["DeadLetterConfig"])
        original_update(self, updates)
        return self.get_configuration()

    def get_configuration(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer: dict[str, Any] = original_get(self, *args, **kwargs)
        target = (getattr(self, _DEAD_LETTERS, None) or {}).get("TargetArn")
        return {**answer, "DeadLetterConfig": {"TargetArn": target}} if target else answer

    LambdaFunction.__init__ = init
    LambdaFunction.update_configuration = update
    LambdaFunction.get_configuration = get_configuration


def invoke(function: Any, event: Any = None) -> tuple[str, bool, str]:
    """Run the code once: result as JSON, whether it failed, and the log."""
    running = find(function.account_id)
    payload = event if isinstance(event, str) else json.dumps({} if event is None else event)
    with tempfile.TemporaryDirectory(prefix="innkeeper-lambda-") as scratch:
        result = Path(scratch) / "result.json"
        request_id = str(uuid.uuid4())
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{request_id.replace('-', '')}"
        code = _unpacked(function, running.folder)
        facts = _facts(function, request_id, stream, result)
        log, status = _run(_environment(function, running, code, facts), payload, code, function.timeout + _GRACE)
        answer = result.read_text("utf-8") if result.exists() else _died(request_id, status)
    _keep_log(function, stream, log)
    return answer, status != 0, log


def _unpacked(function: Any, folder: Path) -> Path:
    """Unpack the package once per content."""
    target = folder / "lambda" / str(function.code_digest).replace("/", "_").replace("+", "-").rstrip("=")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as draft:
            with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as package:
                package.extractall(Path(draft) / "code")
            with contextlib.suppress(OSError):  # another invocation was faster
                (Path(draft) / "code").rename(target)
    return target


def _facts(function: Any, request_id: str, stream: str, result: Path) -> dict[str, Any]:
    return {
        "function_name": function.function_name,
        "version": str(function.version),
        "arn": function.function_arn,
        "handler": function.handler,
        "memory": int(function.memory_size),
        "timeout": float(function.timeout),
        "request_id": request_id,
        "log_stream": stream,
        "result": str(result),
    }


def _environment(function: Any, running: Running, code: Path, facts: dict[str, Any]) -> dict[str, str]:
    """Return what Lambda gives, what the function asks for, and the way back to this sandbox; nothing of ours."""
    packages = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": "/tmp",  # noqa: S108  as on Lambda
        "PYTHONPATH": os.pathsep.join([str(code), *packages]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(code),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "_HANDLER": function.handler,
        **{name: str(value) for name, value in function.environment_vars.items()},
        **running.environment,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "INNKEEPER_INVOCATION": json.dumps(facts),
    }


def _run(environment: dict[str, str], payload: str, code: Path, limit: float) -> tuple[str, int]:
    process = subprocess.Popen(
        [sys.executable, str(_CHILD)],
        env=environment,
        cwd=code,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        log, _ = process.communicate(payload, timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        log, _ = process.communicate()
    return log, process.returncode


def _died(request_id: str, status: int) -> str:
    message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
    return json.dumps({"errorMessage": message, "errorType": "Runtime.ExitError"})


def _keep_log(function: Any, stream: str, log: str) -> None:
    backend, group = function.logs_backend, function.logs_group_name
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": now, "message": line} for line in log.splitlines() if line]
    backend.ensure_log_group(group)
    backend.create_log_stream(group, stream)
    if events:
        backend.put_log_events(group, stream, events)
