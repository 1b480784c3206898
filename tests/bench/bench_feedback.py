"""Measure this package: messages parsed per second, and what facts cost beside plain msgspec.

    python tests/bench/bench_feedback.py --events 100000

One process, one core. The best of several rounds counts; generating the week is not measured.
"""

# ruff: noqa: T201, E402

import argparse
import sys
import time
import tracemalloc
import zlib
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "unit" / "feedback")]

import msgspec
from feedback_weeks import bodies, gen_events, source_of

from provisioner.feedback.deliveries import Deliveries
from provisioner.feedback.facts import decode_facts, decode_rows, encode_facts
from provisioner.feedback.parse import Accepted, parse_message
from provisioner.feedback.raw import decode_raw, encode_raw
from provisioner.feedback.stored import pack
from provisioner.feedback.wire import Unreadable, decode
from provisioner.model.event import Event
from provisioner.ports import Message

ROUNDS = 5
SENT = datetime(2026, 11, 17, tzinfo=UTC)


def best(work):
    """Seconds of the fastest round, and what the last one returned."""
    times, result = [], None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - began)
    return min(times), result


def drain(results):
    """Use results up as they come: kept, they would measure the garbage collector."""
    deque(results, maxlen=0)


def report(title, rows):
    print(f"\n{title}")
    for name, *figures in rows:
        print(f"  {name:<44}" + "".join(f"{figure:>16}" for figure in figures))


def only_json(body):
    """The envelope and the message in it, typed, and nothing else: what parsing cannot be faster than."""
    try:
        text = decode(body).body.message
        return decode(text) if text else None
    except Unreadable:
        return None


def bench_parse(config):
    rows = [("form", "bytes each", "messages/s")]
    for form in ("ses", "sns", "sqs"):
        week = [(source_of(tenant), at, body) for tenant, at, body in bodies(config, form)]
        size = sum(len(body) for _, _, body in week) // len(week)
        seconds, _ = best(lambda week=week: drain(parse_message(b, source, arrived=at) for source, at, b in week))
        rows.append((form, size, f"{len(week) / seconds:,.0f}"))
    seconds, _ = best(lambda: drain(only_json(body) for _, _, body in week))
    rows.append(("sqs, JSON only (no events made)", size, f"{len(week) / seconds:,.0f}"))
    parsed = (parse_message(body, source, arrived=at) for source, at, body in week)
    events = [event for one in parsed if isinstance(one, Accepted) for event in one.events]
    report(f"parse {len(week):,} messages", rows)
    return events, [body for _, _, body in week]


def plain_rows(data):
    """The same bytes into the same structs, by msgspec alone: no streaming, no checks."""
    header, *lines = zlib.decompress(data, 31).split(b"\n")[:-1]
    count = msgspec.json.decode(header)["rows"]
    rows = msgspec.json.Decoder(Deliveries)
    found = [rows.decode(line) for line in lines[:count]]
    return found + msgspec.json.Decoder(Event).decode_lines(b"\n".join(lines[count:]))


def bench_facts(events):
    unique = list({event.id: event for event in events}.values())
    each = pack(msgspec.json.Encoder().encode_lines(unique))  # one line per event, deliveries too
    facts = encode_facts("t00000", events)
    count = len(unique)

    def line(name, work, size):
        seconds, _ = best(work)
        return seconds, (name, f"{size / count:.1f}", f"{seconds / count * 1e9:,.0f}", f"{count / seconds:,.0f}")

    plain = msgspec.json.Decoder(Event)
    alone = "msgspec alone"
    base_each, first = line(
        f"one line per event, {alone}", lambda: plain.decode_lines(zlib.decompress(each, 31)), len(each)
    )
    base_rows, second = line(f"facts, {alone}", lambda: plain_rows(facts), len(facts))
    got_rows, third = line("facts, decode_rows", lambda: sum(1 for _ in decode_rows(facts)), len(facts))
    got_each, fourth = line("facts, decode_facts (events)", lambda: sum(1 for _ in decode_facts(facts)), len(facts))
    _, fifth = line("encode_facts", lambda: encode_facts("t00000", events), len(facts))
    head = ("", "bytes/event", "ns/event", "events/s")
    report(f"facts of {count:,} events", [head, first, second, third, fourth, fifth])
    print(f"  decode_rows / msgspec alone on the same bytes: {got_rows / base_rows:.2f}")
    print(f"  decode_facts / msgspec alone on one line per event: {got_each / base_each:.2f}")


def bench_raw(stored):
    messages = [Message(id=str(n), receipt="", body=body, sent=SENT) for n, body in enumerate(stored)]
    packed = best(lambda: encode_raw(messages))
    unpacked = best(lambda: sum(1 for _ in decode_raw(packed[1])))
    rows = [("", "bytes each", "messages/s")]
    rows += [("encode_raw", len(packed[1]) // len(messages), f"{len(messages) / packed[0]:,.0f}")]
    rows += [("decode_raw", "", f"{len(messages) / unpacked[0]:,.0f}")]
    report(f"raw records of {len(messages):,} messages", rows)


def bench_memory(events):
    data = encode_facts("t00000", events)
    tracemalloc.start()
    total = sum(1 for _ in decode_facts([data[i : i + 65_536] for i in range(0, len(data), 65_536)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    report("memory", [(f"decode_facts of {total:,} events, peak", f"{peak / 1e6:.1f} MB")])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, msgspec {msgspec.__version__}")
    events, stored = bench_parse(gen_events.Config(events=options.events, tenants=1))
    bench_facts(events)
    bench_raw(stored[:10_000])
    bench_memory(events)


if __name__ == "__main__":
    main()
