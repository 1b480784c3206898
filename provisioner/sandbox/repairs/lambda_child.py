"""Runs one invocation of a Lambda function, in a process of its own. Started by path, imports nothing of ours.

Reads the event from standard input and what it must know from ``INNKEEPER_INVOCATION``; writes the result into a file,
so that whatever the code prints stays a log.
"""

import importlib
import json
import os
import resource
import sys
import threading
import time
import traceback
from typing import Any

TIMED_OUT, OUT_OF_MEMORY, FAILED = 124, 137, 1
_LOOK = 0.02  # seconds between two looks at the memory


class Context:
    """The second argument of a handler."""

    def __init__(self, facts: dict[str, Any], started: float) -> None:
        self.function_name: str = facts["function_name"]
        self.function_version: str = facts["version"]
        self.invoked_function_arn: str = facts["arn"]
        self.memory_limit_in_mb: str = str(facts["memory"])
        self.aws_request_id: str = facts["request_id"]
        self.log_group_name: str = f"/aws/lambda/{facts['function_name']}"
        self.log_stream_name: str = facts["log_stream"]
        self.identity = None
        self.client_context = None
        self._deadline = started + facts["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Run the handler and leave its result, or its error, in the result file."""
    facts = json.loads(os.environ.pop("INNKEEPER_INVOCATION"))
    event = json.load(sys.stdin)
    print(f"START RequestId: {facts['request_id']} Version: {facts['version']}", flush=True)  # noqa: T201
    started = time.monotonic()
    watch = threading.Thread(target=_watch, args=(facts, started), daemon=True)
    watch.start()
    code = FAILED
    try:
        module, name = facts["handler"].rsplit(".", 1)
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        result = json.dumps(handler(event, Context(facts, started)))
        code = 0
    except BaseException as error:  # noqa: BLE001  the service reports whatever the code raised, SystemExit too
        trace = traceback.format_exc()
        print(trace, flush=True)  # noqa: T201
        result = json.dumps(
            {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace.splitlines()}
        )
    _end(facts, started, result, code)


def _watch(facts: dict[str, Any], started: float) -> None:
    while True:
        time.sleep(_LOOK)
        if time.monotonic() - started >= facts["timeout"]:
            message = f"{facts['request_id']} Task timed out after {facts['timeout']:.2f} seconds"
            _end(facts, started, json.dumps({"errorMessage": message, "errorType": "Sandbox.Timedout"}), TIMED_OUT)
        if _used_mb() > facts["memory"]:
            message = f"RequestId: {facts['request_id']} Error: Runtime exited with error: signal: killed"
            _end(facts, started, json.dumps({"errorMessage": message, "errorType": "Runtime.ExitError"}), OUT_OF_MEMORY)


def _end(facts: dict[str, Any], started: float, result: str, code: int) -> None:
    spent = (time.monotonic() - started) * 1000
    with open(facts["result"], "w", encoding="utf-8") as file:  # noqa: PTH123  pathlib costs start-up time
        file.write(result)
    print(  # noqa: T201
        f"END RequestId: {facts['request_id']}\nREPORT RequestId: {facts['request_id']} Duration: {spent:.2f} ms "
        f"Memory Size: {facts['memory']} MB Max Memory Used: {_used_mb()} MB",
        flush=True,
    )
    sys.stderr.flush()
    os._exit(code)  # threads the code left behind do not hold the invocation open


def _used_mb() -> int:
    """Peak memory. Not from getrusage on Linux: that starts with what the parent process had used."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)


if __name__ == "__main__":
    main()
