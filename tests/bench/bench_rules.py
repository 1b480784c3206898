# ruff: noqa: T201 -- a command: it prints
"""How fast and in how much memory a tenant is judged, from the stored bytes of its facts to the verdict.

    python tests/bench/bench_rules.py --events 1000000

Two yardsticks, on one core: inflating the same bytes and decoding them with msgspec down to one ``Event`` each, the
struct that rules are about; and decoding them into the rows they are stored as, which is much less work. The aim is
half the speed of either; each line says whether it is met. The facts are made by another process, in objects of at
most 100,000 events over a week, and read from disk in pieces. Each is measured ``--times`` times and the best counts:
other work on the machine only ever slows. Exits with 1 below half the speed of decoding events, or if judging needs
over 150 MB. docs/rules-performance.md says what the figures are made of.
"""

import argparse
import base64
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from provisioner.feedback.deliveries import Deliveries
from provisioner.feedback.facts import decode_rows, encode_facts
from provisioner.model.event import Event, Kind
from provisioner.model.standing import Standing
from provisioner.model.verdict import Verdict
from provisioner.rules import decide, dump_standing, resolve_policy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = timedelta(days=7)
OBJECT = 100_000
AIM = 0.5  # of the speed of decoding alone
# What a configuration set publishes in an ordinary week (tools/gen_events.py, mix "conduct").
MIX = {
    Kind.DELIVERY: 0.947, Kind.DELAY: 0.012, Kind.HARD: 0.017, Kind.SOFT: 0.018, Kind.CONTENT: 0.002,
    Kind.UNDETERMINED: 0.001, Kind.ECHO: 0.002, Kind.COMPLAINT: 0.001,
}  # fmt: skip
PROVIDERS = ("outlook.com", "gmail.com", "yahoo.com", "icloud.com", "gmx.net", "proton.me")
STATUS = {Kind.HARD: ("5.1.1", "General"), Kind.SOFT: ("4.2.2", "MailboxFull")}


def make(folder: Path, total: int, people: int) -> None:
    """Write a week's facts: of a list of ``people`` one in fifty has a full mailbox, one in twenty does not exist."""
    objects = max(7, -(-total // OBJECT))
    for number in range(objects):
        rng = random.Random(number)  # noqa: S311
        count = total * (number + 1) // objects - total * number // objects
        start, span = NOW - WEEK + WEEK / objects * number, WEEK / objects
        kinds = rng.choices(list(MIX), list(MIX.values()), k=count)
        events = (_event(rng, kind, start, span, people) for kind in kinds)
        (folder / f"{number:04d}.gz").write_bytes(encode_facts("bench", events))


def _event(rng: random.Random, kind: Kind, start: datetime, span: timedelta, people: int) -> Event:
    at = int((start + span * rng.random()).timestamp() * 1000)
    name = base64.urlsafe_b64encode(rng.randbytes(9)).decode()
    if kind is Kind.SOFT:
        who = int(people // 50 * rng.random() ** 2)
    elif kind is Kind.HARD:
        who = people + rng.randrange(people // 20)
    else:
        who = int(people * rng.random() ** 1.5)
    domain = f"firm{who % 2_000}.example" if rng.random() < 0.03 else PROVIDERS[who // 7 % len(PROVIDERS)]
    if kind is Kind.DELIVERY:
        return Event(kind, name, at, at + 900, "", f"person{who}@{domain}")
    status, subtype = STATUS.get(kind, ("", ""))
    text = "smtp; 550 5.1.1 user unknown" if status else ""
    mail = f"0100{rng.getrandbits(64):016x}-{rng.getrandbits(64):016x}-000000"
    return Event(kind, name, at, at + 900, mail, f"person{who}@{domain}", status, subtype, text)


def rows(folder: Path) -> Iterator[Event | Deliveries]:
    """All facts in order, in constant memory."""
    return chain.from_iterable(decode_rows(_pieces(path)) for path in sorted(folder.iterdir()))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(65_536):
            yield piece


def measure(folder: Path, count: int, times: int) -> bool:
    """Judge what lies in ``folder``, print the figures; whether they are good enough."""
    standing, policy = Standing(tenant="bench"), resolve_policy("standard")
    verdicts: deque[Verdict] = deque(maxlen=1)

    def once() -> tuple[float, float, float]:
        verdicts.clear()
        return (
            _seconds(lambda: deque(rows(folder), maxlen=0)),
            _seconds(lambda: deque(chain.from_iterable(map(_events, rows(folder))), maxlen=0)),
            _seconds(lambda: verdicts.append(decide(rows(folder), standing, policy, NOW))),
        )

    decoding, events, judging = map(min, zip(*(once() for _ in range(times)), strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    after, blocks = verdicts[0].after, len(verdicts[0].standing.blocks)
    print(f"{count:,} events in {len(list(folder.iterdir()))} objects, one judgement: {after}, {blocks:,} blocked")
    print(f"decoding rows     {count / decoding / 1e6:6.2f} million events/s")
    print(f"decoding events   {count / events / 1e6:6.2f} million events/s")
    print(f"bytes to verdict  {count / judging / 1e6:6.2f} million events/s")
    print(f"                  {events / judging:6.0%} of decoding events (aim: 50 %, {_met(events / judging)})")
    print(f"                  {decoding / judging:6.0%} of decoding rows (aim: 50 %, {_met(decoding / judging)})")
    print(f"most memory       {memory:6.0f} MB (at most 150)")
    print(f"standing          {len(dump_standing(verdicts[0].standing)) / 1e6:6.2f} MB")
    return events / judging >= AIM and memory <= 150


def _met(share: float) -> str:
    return "met" if share >= AIM else "missed"


def _events(item: Event | Deliveries) -> Iterable[Event]:
    return item.events() if isinstance(item, Deliveries) else (item,)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, help="on the tenant's list; default: a third of the events")
    parser.add_argument("--times", type=int, default=3, help="measure so often, take the best; default: 3")
    parser.add_argument("--make", type=Path, help="only write the facts into this folder")
    options = parser.parse_args()
    people = options.people or options.events // 3
    if options.make:
        make(options.make, options.events, people)
        return 0
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, __file__, "--make", name, "--events", str(options.events), "--people", str(people)]
        subprocess.run(command, check=True)
        return 0 if measure(Path(name), options.events, options.times) else 1


if __name__ == "__main__":
    sys.exit(main())
