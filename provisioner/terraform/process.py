"""Runs one Terraform command in its own process group, so that Ctrl-C reaches it once and it can finish."""

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from provisioner.terraform.spans import span

# Terraform's own settings in the caller's environment would change what is planned, where, or what is logged:
# TF_LOG writes whole AWS requests, and TF_CLI_ARGS could say -target or -lock=false.
_OURS = ("TF_",)
_KEPT = frozenset({"TF_PLUGIN_CACHE_DIR", "TF_REATTACH_PROVIDERS"})


class Done(msgspec.Struct, frozen=True):
    """How a command ended. ``interrupted``: it was asked to stop."""

    code: int
    out: str
    err: str
    interrupted: bool = False


def clean_environment(env: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of Terraform: the caller's without Terraform's settings, and ``ours``."""
    kept = {name: value for name, value in env.items() if not name.startswith(_OURS) or name in _KEPT}
    return {**kept, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", **ours}


class Processes:
    """The commands of one root. One runs at a time; another thread may interrupt it."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = env
        self._running: subprocess.Popen[str] | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """Ask the running command to finish what it is at, keep its state, and stop. A second time: stop at once."""
        running = self._running
        if running is not None and running.poll() is None:
            self._interrupted = True
            running.send_signal(signal.SIGINT)

    def run(self, command: Sequence[str], on_line: Callable[[str], None] | None = None) -> Done:
        """Run to the end, also after Ctrl-C. ``on_line`` gets each line of stdout as it comes."""
        self._interrupted = False
        process = subprocess.Popen(
            list(command),
            cwd=self._folder,
            env=dict(self._env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._running = process
        out: list[str] = []
        err: list[str] = []
        readers = [
            threading.Thread(target=_read, args=(process.stdout, out, on_line), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, err, None), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            with span():
                self._wait(process)
        finally:
            self._running = None
        for reader in readers:
            reader.join(timeout=30)
        return Done(process.returncode, "".join(out), "".join(err), self._interrupted)

    def _wait(self, process: subprocess.Popen[str]) -> None:
        while True:
            try:
                process.wait()
            except KeyboardInterrupt:
                self.interrupt()
            else:
                return


def _read(stream: IO[str] | None, into: list[str], on_line: Callable[[str], None] | None) -> None:
    if stream is None:
        return
    with stream:
        for line in stream:
            into.append(line)
            if on_line is not None:
                on_line(line)
