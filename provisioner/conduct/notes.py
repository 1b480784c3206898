"""What the batches of one run tell each other, as objects under ``runs/<run>/``. Written again, a note is replaced."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec

from provisioner.conduct.aws_view import Seen
from provisioner.conduct.documents import DocumentError, pretty
from provisioner.conduct.judge import Judged
from provisioner.errors import InnkeeperError
from provisioner.ports import AccountState, Archive, Conflict
from provisioner.report.data import Blocked, ReportData
from provisioner.rules import AccountGuard, Outage, Share

T = TypeVar("T")

_TRIES = 5


class Hours(msgspec.Struct, frozen=True, array_like=True):
    """Addresses of one tenant that bounced hard at one provider in one hour (counted from 1970)."""

    provider: str
    hour: int
    addresses: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch found in the first phase: whom it would stop, and its part of the fleet's picture."""

    run: str
    batch: str
    judged: int
    of: int
    condemned: tuple[str, ...] = ()
    not_judged: dict[str, str] = {}
    left: tuple[str, ...] = ()
    hours: dict[str, tuple[Hours, ...]] = {}  # tenants with hard bounces only
    shares: dict[str, Share] = {}  # tenants that contributed to the account's rates only


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided once, over all batches. ``stopped``: why nothing is done; empty: go on."""

    run: str
    at: datetime
    fleet: int
    judged: int
    condemned: tuple[str, ...] = ()
    outages: tuple[Outage, ...] = ()
    strict: tuple[str, ...] = ()
    account: AccountState | None = None
    guard: AccountGuard = AccountGuard()
    amazon: Seen = Seen()
    silent: tuple[str, ...] = ()  # batches that proposed nothing: their function died
    stopped: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant in the fleet's digest: its report without what only its own page shows."""

    report: ReportData
    blocked: int

    @classmethod
    def of(cls, report: ReportData) -> "Line":
        nearest = report.nearest
        slim = msgspec.structs.replace(
            report, why=None, limits=(nearest,) if nearest else (), findings=(), blocks=(), history=(), next_steps=()
        )
        return cls(report=slim, blocked=len(report.blocks))

    def whole(self) -> ReportData:
        """The report as the digest counts it. Which addresses are blocked stays on the tenant's own page."""
        one = Blocked(recipient="", reason="", since=self.report.at)
        return msgspec.structs.replace(self.report, blocks=(one,) * self.blocked)


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch did in the second phase."""

    run: str
    batch: str
    judged: tuple[str, ...]
    not_judged: dict[str, str] = {}
    left: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()  # judged, but AWS does not show it yet, or a mail waits
    errors: tuple[str, ...] = ()  # pages that could not be written
    lines: tuple[Line, ...] = ()


def proposed_key(run: str, batch: str) -> str:
    return f"runs/{run}/proposed/{batch}.json"


def acted_key(run: str, batch: str) -> str:
    return f"runs/{run}/acted/{batch}.json"


def judged_key(run: str, batch: str) -> str:
    return f"runs/{run}/judged/{batch}.json.gz"


def decision_key(run: str) -> str:
    return f"runs/{run}/decision.json"


def write_judged(archive: Archive, run: str, batch: str, judged: tuple[Judged, ...]) -> None:
    """Keep a batch's judgements for the second phase, which then reads one object instead of everything again."""
    write_raw(archive, judged_key(run, batch), gzip.compress(msgspec.json.encode(judged), compresslevel=1, mtime=0))


def read_judged(archive: Archive, run: str, batch: str) -> dict[str, Judged]:
    """What the first phase judged, by tenant; whoever is missing, or could not be read back, is judged anew."""
    stored = archive.get(judged_key(run, batch))
    if stored is None:
        return {}
    try:
        judged = msgspec.json.decode(gzip.decompress(stored.body), type=tuple[Judged, ...])
    except (msgspec.MsgspecError, OSError, EOFError, UnicodeError, zlib.error):
        return {}
    return {one.tenant: one for one in judged}


def write(archive: Archive, key: str, note: object) -> None:
    """Store a note, whoever wrote it before."""
    write_raw(archive, key, pretty(note))


def write_raw(archive: Archive, key: str, body: bytes) -> None:
    """Store a note as it is."""
    for _ in range(_TRIES):
        stored = archive.get(key)
        try:
            archive.put_if(key, body, stored.etag if stored else None)
        except Conflict:
            continue
        return
    raise InnkeeperError(f"{key} kept changing while it was written", hint="the next run writes it")


def read(archive: Archive, key: str, kind: type[T]) -> T | None:
    """A note, or None where there is none. Raises InnkeeperError for one that cannot be read."""
    stored = archive.get(key)
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored.body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise DocumentError(f"{key} cannot be read: {err}", hint="start the run again: it writes new notes") from err


def read_all(archive: Archive, prefix: str, kind: type[T]) -> Iterator[T]:
    """All notes below ``prefix``, in the order of their batches."""
    for key in archive.keys(prefix):
        note = read(archive, key, kind)
        if note is not None:
            yield note
