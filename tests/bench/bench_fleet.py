# ruff: noqa: T201, E402 -- a command: it prints
"""How long it takes to judge a whole fleet: from stored facts to verdicts and standings written.

    python tests/bench/bench_fleet.py --events 1000000 --tenants 10000

A week of events over the tenants (a power law: few large ones, many small ones) lies as facts in a folder that stands
for the bucket. Two processes judge half of the tenants each, as two functions of a run in batches do; then a second
audit without news. Own time, and calls to the bucket by tenant; pages are written empty unless ``--pages``.
"""

import argparse
import cProfile
import hashlib
import multiprocessing
import os
import pstats
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import msgspec
from bench_rules import MIX, NOW, WEEK, _event
from fakes import FakeAccount, FakeBlocklist, FakeLevers, FakeMailer, FakeOperator, FakeReputation, manifest

from provisioner.conduct import acting, pages
from provisioner.conduct.audit import Settings, audit
from provisioner.conduct.batches import KEY, cut, dump
from provisioner.conduct.carry_out import carry_out
from provisioner.conduct.documents import manifest_key, pretty
from provisioner.conduct.outside import Outside
from provisioner.feedback.facts import encode_facts
from provisioner.feedback.keys import facts_key
from provisioner.ports import Conflict, Stored
from provisioner.report.data import Report

NO_PAGE = Report(html="", text="", json="", csv="")
COLLECTED = NOW - timedelta(hours=2)


SPENT: Counter[str] = Counter()  # CPU seconds by part, over all threads


def timed(part: str):
    """Count a function's CPU time under ``part``, and what it spends in the folder only there."""

    def decorate(function):
        def wrapped(*args, **more):
            began, folder = time.thread_time(), SPENT["folder"]
            try:
                return function(*args, **more)
            finally:
                inner = 0 if part == "folder" else SPENT["folder"] - folder
                SPENT[part] += time.thread_time() - began - inner

        return wrapped

    return decorate


class FolderArchive:
    """A bucket in a folder, in one process at a time; counts its calls."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: Counter[str] = Counter()
        self._listed: dict[str, list[str]] = {}

    @timed("folder")
    def put_new(self, key: str, body: bytes) -> bool:
        self.calls["put"] += 1
        path = self.root / key
        if path.exists():
            if path.read_bytes() == body:
                return False
            raise Conflict(key)
        self._write(path, body)
        return True

    @timed("folder")
    def put_if(self, key: str, body: bytes, etag: str | None) -> str:
        self.calls["put"] += 1
        path = self.root / key
        present = _etag(path.read_bytes()) if path.exists() else None
        if present != etag:
            raise Conflict(key)
        self._write(path, body)
        return _etag(body)

    def _write(self, path: Path, body: bytes) -> None:
        if not path.exists():
            self._listed.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    @timed("folder")
    def get(self, key: str) -> Stored | None:
        self.calls["get"] += 1
        try:
            body = (self.root / key).read_bytes()
        except FileNotFoundError:
            return None
        return Stored(body, _etag(body))

    def keys(self, prefix: str, after: str = ""):
        self.calls["list"] += 1
        for number, key in enumerate(self._sorted(prefix)):
            if number and number % 1000 == 0:
                self.calls["list"] += 1
            if key > after:
                yield key

    def tags(self, prefix: str, after: str = ""):
        return ((key, self._tag(key)) for key in self.keys(prefix, after))

    @timed("folder")
    def _tag(self, key: str) -> str:
        return _etag((self.root / key).read_bytes())

    def _sorted(self, prefix: str) -> list[str]:
        """S3 keeps its listing sorted; the time to sort a folder is not ours, so it is spent once."""
        if prefix not in self._listed:
            self._listed[prefix] = self._walk(prefix)
        return self._listed[prefix]

    @timed("folder")
    def _walk(self, prefix: str) -> list[str]:
        base = self.root / prefix
        found = (Path(folder) / name for folder, _, names in os.walk(base) for name in names)
        return sorted(str(path.relative_to(self.root)) for path in found)


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def outside(archive: FolderArchive) -> Outside:
    return Outside(
        archive=archive, queue=None, dead_letters=None, notices=None, levers=FakeLevers(), blocklist=FakeBlocklist(),
        mailer=FakeMailer(), account=FakeAccount(), reputation=FakeReputation(), operator=FakeOperator(),
    )  # fmt: skip


def name(number: int) -> str:
    return f"t{number:05d}"


def fill(job: tuple[Path, int, int, int, int]) -> None:
    """Manifests and a week's facts of some tenants: one object a day for the large ones, one for the others."""
    root, first, step, tenants, events = job
    archive = FolderArchive(root)
    weights = [(n + 1) ** -0.5 for n in range(tenants)]
    scale = events / sum(weights)
    for number in range(first, tenants, step):
        tenant = name(number)
        archive.put_new(manifest_key(tenant), pretty(manifest(tenant)))
        count = round(weights[number] * scale)
        rng = random.Random(number)  # noqa: S311
        days = 7 if count > 1000 else 1
        for day in range(days):
            start, span = NOW - WEEK + WEEK / days * day, WEEK / days
            kinds = rng.choices(list(MIX), list(MIX.values()), k=count // days)
            body = encode_facts(tenant, [_event(rng, kind, start, span, max(count, 300)) for kind in kinds])
            archive.put_new(facts_key(tenant, min(start + span, COLLECTED), body), body)


def divide(root: Path, step: int, tenants: int) -> None:
    """The list of batches; each process judges whole ones."""
    parts = [[name(number) for number in range(first, tenants, step)] for first in range(step)]
    work = [msgspec.structs.replace(one, batch=f"{n}-{one.batch}") for n, part in enumerate(parts) for one in cut(part)]
    FolderArchive(root).put_new(KEY, dump(work))


@timed("pages")
def publish(report, archive, now):
    return pages.publish_pages(report, archive, now)[0].errors


def judge(job: tuple[Path, int, int, int, bool]) -> dict[str, object]:
    root, first, step, tenants, rendered = job
    archive = FolderArchive(root)
    names = [name(number) for number in range(first, tenants, step)]
    archive._sorted("facts/")
    if not rendered:
        pages.render_report = lambda _: NO_PAGE
    acting.carry_out = timed("after")(carry_out)
    world = outside(archive)
    figures: dict[str, object] = {}
    for title, now in (("news", NOW), ("quiet", NOW + timedelta(hours=3))):
        archive.calls.clear()
        SPENT.clear()
        began, own = time.perf_counter(), time.process_time()
        report = audit(names, world, now, Settings(fleet=tenants, force=True))
        own = time.process_time() - own - SPENT.total()
        published = publish(report, archive, now)
        wall = time.perf_counter() - began
        figures[title] = (wall, own, SPENT["after"], SPENT["pages"], SPENT["folder"], dict(archive.calls))
        assert not report.not_judged, next(iter(report.not_judged.values()))
        assert len(report.judged) == len(names)
        assert not published, published[0]
        if title == "news":
            figures["states"] = Counter(str(one.verdict.after) for one in report.judged)
            figures["blocks"] = sum(len(one.verdict.standing.blocks) for one in report.judged)
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pages", action="store_true", help="render the tenants' pages, which takes most of the time")
    parser.add_argument("--profile", action="store_true", help="one process, with the slowest functions")
    options = parser.parse_args()
    jobs = 1 if options.profile else options.jobs
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool(options.jobs) as pool:
        root = Path(folder)
        pool.map(fill, [(root, n, options.jobs, options.tenants, options.events) for n in range(options.jobs)])
        facts = list((root / "facts").rglob("*.gz"))
        size = sum(path.stat().st_size for path in facts)
        print(f"{options.events:,} events, {options.tenants:,} tenants, {len(facts):,} objects, {size / 1e6:.0f} MB")
        divide(root, jobs, options.tenants)
        if options.profile:
            with cProfile.Profile() as profile:
                judge((root, 0, 1, options.tenants, options.pages))
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
            return 0
        parts = pool.map(judge, [(root, n, jobs, options.tenants, options.pages) for n in range(jobs)], chunksize=1)
    print(f"CPU seconds of {jobs} processes together")
    print("           wall   judged and stored   enforced and told   reports, copies   folder   calls a tenant")
    for title in ("news", "quiet"):
        wall = max(part[title][0] for part in parts)
        own, after, copied, folder = (sum(part[title][n] for part in parts) for n in (1, 2, 3, 4))
        calls = sum((Counter(part[title][5]) for part in parts), Counter())
        each = ", ".join(f"{number / options.tenants:.2f} {kind}" for kind, number in sorted(calls.items()))
        print(f"{title:<9}{wall:6.1f}{own:20.1f}{after:20.1f}{copied:18.1f}{folder:9.1f}   {each}")
    print(
        f"       {dict(sum((part['states'] for part in parts), Counter()))}, {sum(p['blocks'] for p in parts):,} blocks"
    )
    print(f"       at most {max(part['memory'] for part in parts):.0f} MB in a process")
    return 0


if __name__ == "__main__":
    sys.exit(main())
