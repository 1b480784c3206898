"""An audit's settings and its outcome, as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from provisioner.conduct.aws_view import Seen
from provisioner.conduct.carry_out import Done
from provisioner.conduct.judge import Judged
from provisioner.ports import AccountState
from provisioner.rules import AccountGuard, Outage


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to audit. ``overrides`` are the platform's, before each tenant's own. ``fleet`` None: counted."""

    overrides: Mapping[str, Any] = {}
    fleet: int | None = None
    run: str = ""  # names a run in batches: its notes lie under it
    approved: frozenset[str] = frozenset()  # of a run in batches: whom the count over all of them let through
    force: bool = False  # a person looked at the tenants that the limit stopped
    dry_run: bool = False
    drill: bool = False  # mailbox-simulator events count
    workers: int = 8  # tenants read and judged at a time


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a run: "N of N judged", and everything that a person has to look at."""

    at: datetime
    of: int
    judged: tuple[Judged, ...]
    not_judged: dict[str, str]  # tenant -> why
    left: tuple[str, ...] = ()  # out of time; the next run begins with them
    condemned: tuple[str, ...] = ()
    stopped: str = ""  # why nothing was changed at all
    done: tuple[Done, ...] = ()
    outages: tuple[Outage, ...] = ()
    account: AccountState | None = None
    guard: AccountGuard = AccountGuard()
    batches: dict[str, tuple[str, ...]] = {}  # those judged whole, of which copies are kept
    amazon: Seen = Seen()  # what AWS itself has against tenants; looked at in a run over everybody
    dry_run: bool = False

    @property
    def complete(self) -> bool:
        """Whether everybody was judged and everything decided was done."""
        undone = any(d.errors or (d.enforced and not d.enforced.enforcement.complete) for d in self.done)
        return not (self.not_judged or self.left or self.stopped or self.amazon.errors or undone)

    @property
    def sentence(self) -> str:
        return f"{len(self.judged)} of {self.of} judged"
