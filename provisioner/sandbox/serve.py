"""A sandbox in the foreground, for ``innkeeper sandbox`` and for poking at it with other programs."""

import shlex
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from provisioner.sandbox.sandbox import Sandbox


def serve(
    folder: Path | None = None,
    port: int = 0,
    *,
    region: str = "eu-central-1",
    account: str | None = None,
    out: Callable[[str], object] | None = None,
) -> None:
    """Run until interrupted (Ctrl-C or SIGTERM); first print the lines that a shell needs to use it."""
    say = out or _print
    stopped = threading.Event()
    previous = {number: signal.signal(number, _setter(stopped)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(folder, region, account, port=port) as aws:
            for line in exports(aws):
                say(line)
            stopped.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def exports(aws: Sandbox) -> list[str]:
    """Write the environment as shell commands."""
    return [f"export {name}={shlex.quote(value)}" for name, value in sorted(aws.environment().items())]


def _setter(event: threading.Event) -> Callable[[int, FrameType | None], None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        event.set()

    return stop


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
