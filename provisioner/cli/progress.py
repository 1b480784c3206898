"""Live progress of several Terraform runs: one line a tenant on a terminal, a line every few seconds elsewhere."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from provisioner.cli.app import safe
from provisioner.terraform.progress import Progress

_EVERY_SECONDS = 5.0  # between two lines of one run where there is no terminal


class Board:
    """What each run is at. Safe to use from several threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._at: dict[str, str] = {}
        self._started: dict[str, float] = {}
        self._printed: dict[str, float] = {}
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._table)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def listener(self, name: str) -> Callable[[Progress], None]:
        """Hears one Terraform run."""

        def hear(progress: Progress) -> None:
            sentence = progress.sentence()
            if sentence:
                self.say(name, sentence)

        return hear

    def say(self, name: str, sentence: str) -> None:
        """``name`` is now at ``sentence``."""
        now = time.monotonic()
        with self._lock:
            self._started.setdefault(name, now)
            self._at[name] = sentence
            if not self._console.is_terminal and now - self._printed.get(name, 0.0) >= _EVERY_SECONDS:
                self._printed[name] = now
                self._console.print(f"  {safe(name)}: {safe(sentence)}")

    def finish(self, name: str) -> None:
        """``name`` needs no line any more."""
        with self._lock:
            self._at.pop(name, None)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            for name, sentence in self._at.items():
                seconds = time.monotonic() - self._started[name]
                table.add_row(f"  [b]{safe(name)}[/]", f"{seconds:3.0f} s", safe(sentence))
        return table
