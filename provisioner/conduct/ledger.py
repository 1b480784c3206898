"""Who was suspended in which week or day: the limit holds across runs, batches and retries.

The note is written before the standing is, so that a run that died and goes on still counts what it did.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from provisioner.conduct.documents import pretty
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive


class TooManyError(InnkeeperError):
    """A run would suspend or terminate more tenants than the policy allows at once. Nothing was changed."""

    exit_code = 4

    def __init__(self, condemned: Sequence[str], limit: int, fleet: int) -> None:
        shown = ", ".join(condemned[:20]) + (" …" if len(condemned) > 20 else "")  # noqa: PLR2004 - fits a screen
        super().__init__(
            f"this run would suspend or terminate {len(condemned)} of {fleet} tenants (the limit is {limit}): {shown}",
            hint="look at them with 'innkeeper audit --dry-run'; correct the policy, or repeat with --force",
        )
        self.condemned = tuple(condemned)
        self.limit = limit
        self.fleet = fleet


def week(now: datetime) -> str:
    """The audit's period: an ISO week, so that a schedule that fires twice is one run."""
    return f"{now.astimezone(UTC):%G-W%V}"


def day(now: datetime) -> str:
    """The period of what is judged at once, such as floods and viruses."""
    return f"{now.astimezone(UTC):%Y-%m-%d}"


def record(archive: Archive, period: str, tenant: str) -> None:
    """Count a tenant as condemned in ``period``, before it is."""
    archive.put_new(f"runs/{period}/condemned/{tenant}.json", pretty({"tenant": tenant}))


def recorded(archive: Archive, period: str) -> frozenset[str]:
    """Tenants condemned in ``period`` so far."""
    prefix = f"runs/{period}/condemned/"
    return frozenset(key.removeprefix(prefix).removesuffix(".json") for key in archive.keys(prefix))


def check(archive: Archive, period: str, condemned: Iterable[str], *, limit: int, fleet: int) -> None:
    """Raise TooManyError if these, with those condemned in the period before, are too many."""
    now = set(condemned)
    if not now:
        return
    everybody = now | recorded(archive, period)
    if len(everybody) > limit:
        raise TooManyError(sorted(everybody), limit, fleet)
