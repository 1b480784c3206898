"""The sandboxes that run in this process: account -> where its server answers. Repairs of moto ask it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.errors import InnkeeperError

DEFAULT_ACCOUNT = "123456789012"
_running: dict[str, "Running | None"] = {}  # None: reserved, does not answer yet
_guard = threading.Lock()


@dataclass(frozen=True)
class Running:
    """What child processes of an account need to know."""

    endpoint_url: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)  # for Lambda code


def reserve(account: str | None) -> str:
    """Take an account number, the first free one if none is asked for. Two sandboxes never share one."""
    with _guard:
        if account is None:
            account = next(str(n) for n in range(int(DEFAULT_ACCOUNT), 10**12) if str(n) not in _running)
        elif account in _running:
            raise InnkeeperError(
                f"a sandbox of account {account} runs in this process already",
                hint="leave the account out, and the next free number is taken",
            )
        _running[account] = None
        return account


def started(account: str, running: Running) -> None:
    """Say where the server of an account answers."""
    _running[account] = running


def release(account: str) -> None:
    """Give an account number back."""
    with _guard:
        _running.pop(account, None)


def find(account: str) -> Running:
    """Return where an account's server answers."""
    running = _running.get(account)
    if running is None:
        raise InnkeeperError(f"no sandbox of account {account} runs in this process", hint="start one first")
    return running
