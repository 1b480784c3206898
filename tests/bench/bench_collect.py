# ruff: noqa: T201, E402 -- a command: it prints
"""Collecting at its limits: how fast, in how much memory, and whether anything is lost when it is killed.

    python tests/bench/bench_collect.py --messages 1000000        against a queue that costs nothing
    python tests/bench/bench_collect.py --embedded 100000         on the embedded AWS, killed every few seconds

The second fills the queues of a hundred tenants with a generated week (tools/gen_events.py, which knows the truth),
starts a collector, kills it with SIGKILL, starts the next, until a collector reaches the end; then everything in the
bucket, each event counted once by its id, must be exactly the truth. Ends with exit code 1 otherwise.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE.parent / "unit" / "feedback")]

from fakes import manifest
from feedback_weeks import Count, bodies, gen_events, source_of

from provisioner.conduct.collect import Drain, collect
from provisioner.conduct.documents import write_manifest
from provisioner.feedback.facts import decode_facts
from provisioner.feedback.parse import Accepted, parse_message
from provisioner.feedback.raw import decode_raw
from provisioner.ports import Message

MOST_MB = 256
TENANTS = 100
BUCKET = "bench"
EXACT = (
    "unique", "unknown", "late", "kinds", "bounces", "complaints", "complainants", "sends", "virus_rejects",
    "hard_addresses", "soft_addresses", "complainers",
)  # fmt: skip


def now():
    return datetime.now(UTC)


def of_generator(tenant, queue_url=""):
    """A manifest with the names that generated events carry."""
    source = source_of(tenant)
    return manifest(
        tenant, configuration_set=source.configuration_set, topic_arn=source.topic_arn, account=source.account,
        domain=source.domain, queue_url=queue_url,
    )  # fmt: skip


class EndlessQueue:
    """Hands out ``total`` messages by tens, the same week over and over; deleting is free."""

    def __init__(self, stored, total):
        self.stored, self.left, self.given = stored, total, 0

    def receive(self):
        count = min(10, self.left)
        self.left -= count
        first, self.given = self.given, self.given + count
        sent = datetime(2026, 11, 23, tzinfo=UTC)
        return [Message(str(n), str(n), self.stored[n % len(self.stored)], sent) for n in range(first, first + count)]

    def delete(self, messages):
        return []

    def depth(self):
        return self.left


class Scales:
    """A bucket that only weighs what it is given."""

    def __init__(self):
        self.objects, self.bytes = 0, 0

    def put_new(self, key, body):
        self.objects += 1
        self.bytes += len(body)
        return True


def against_nothing(total):
    """Parse, encode and hand over ``total`` messages in this one process."""
    config = gen_events.Config(events=5_000, tenants=1, foreign=0.0, poison=0.0)
    stored = [body for _, _, body in bodies(config, "sqs")]
    queue, scales = EndlessQueue(stored, total), Scales()
    began, wall = time.process_time(), time.perf_counter()
    done = collect(of_generator("t00000"), queue, scales, Drain(clock=now))
    own, wall = time.process_time() - began, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{done.seen:,} messages of {sum(map(len, stored)) // len(stored):,} bytes, no queue, no bucket")
    print(f"  {done.seen / own:,.0f} messages/s and core ({own:.1f} s of CPU, {wall:.1f} s)")
    print(f"  {scales.objects:,} objects, {scales.bytes / done.seen:.0f} bytes a message")
    print(f"  {memory:.0f} MB at most (limit {MOST_MB})")
    return not done.error and done.seen == total and memory < MOST_MB and done.seen / own >= 2_000


def killed_now_and_then(total):
    """Fill real queues, kill collectors, compare the bucket with the truth."""
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - only this half needs the embedded AWS

    from provisioner.aws.archive import S3Archive  # noqa: PLC0415
    from provisioner.aws.clients import Clients  # noqa: PLC0415
    from provisioner.sandbox import Sandbox  # noqa: PLC0415

    config = gen_events.Config(events=total, tenants=TENANTS, alpha=0.0)
    with Sandbox(smtp=False) as aws:
        clients = Clients(aws.session(), region=aws.region, pacer=None)
        where = {"LocationConstraint": aws.region}
        clients["s3"].create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        archive, sqs = S3Archive(clients, BUCKET), sqs_backends[aws.account][aws.region]
        for number in range(TENANTS):
            tenant = gen_events.tenant_id(number)
            url = clients["sqs"].create_queue(QueueName=tenant, Attributes={"VisibilityTimeout": "8"})["QueueUrl"]
            write_manifest(archive, of_generator(tenant, url))
        for tenant, _, body in bodies(config, "sqs"):
            sqs.send_message(tenant, body.decode("utf-8", "surrogatepass"))
        print(f"{total:,} messages in {TENANTS} queues")
        began, deaths, most = time.perf_counter(), 0, 0.0
        rng = random.Random(1)  # noqa: S311
        while True:
            done, memory = one_life(aws.environment(), rng.uniform(3, 9))
            most = max(most, memory)
            if done:
                break
            deaths += 1
        left = sum(len(queue._messages) for queue in sqs.queues.values())
        seconds = time.perf_counter() - began
        print(f"  {deaths} collectors killed; {seconds:.0f} s, {total / seconds:,.0f} messages/s through the API")
        print(f"  {left} messages left; {most:.0f} MB at most (limit {MOST_MB})")
        truth = gen_events.truth_document(config, {s.id: _truth(s) for s in gen_events.streams(config)})
        return left == 0 and deaths > 0 and most < MOST_MB and compare(archive, truth)


def _truth(stream):
    for _ in stream.records():
        pass
    return stream.truth.as_json(stream.config)


def one_life(environment, seconds):
    """One collector; whether it reached the end before it was killed, and its memory."""
    command = [sys.executable, __file__, "--life"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    peak, end = 0.0, time.monotonic() + seconds
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        if time.monotonic() > end:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return False, peak
        time.sleep(0.05)
    if process.returncode != 0:
        raise SystemExit(process.stdout.read())
    return True, peak


def _peak(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def life():
    """A collector: reads every queue until all are silent twice over."""
    import boto3  # noqa: PLC0415

    from provisioner.aws.archive import S3Archive  # noqa: PLC0415
    from provisioner.aws.clients import Clients  # noqa: PLC0415
    from provisioner.aws.queue import SqsQueue  # noqa: PLC0415
    from provisioner.conduct.documents import read_manifest, tenants  # noqa: PLC0415

    region = os.environ["AWS_REGION"]
    clients = Clients(boto3.Session(region_name=region), region=region, pacer=None)
    archive = S3Archive(clients, BUCKET)
    names = list(tenants(archive))
    random.shuffle(names)
    waiting = names
    while waiting:
        for tenant in waiting:
            the = read_manifest(archive, tenant)
            drain = Drain(clock=now, chunk=500)
            done = collect(the, SqsQueue(clients, the.queue_url, wait_seconds=0), archive, drain)
            if done.error:
                raise SystemExit(f"{tenant}: {done.error}")
        waiting = [tenant for tenant in names if _holds(clients, read_manifest(archive, tenant).queue_url)]


def _holds(clients, url):
    asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = clients["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
    return any(int(value) for value in answer.values())


def compare(archive, truth):
    """Raw records and facts against the generator's own figures."""
    wrong, stored, doubled = [], 0, 0
    for tenant, expected in truth["tenants"].items():
        count, ids, facts = Count(truth.get("start", gen_events.Config().start)), set(), set()
        seen = set()
        for key in archive.keys("feedback/"):
            if f"/{tenant}/" in key:
                for record in decode_raw(archive.get(key).body):
                    stored += 1
                    doubled += record.id in seen
                    seen.add(record.id)
                    parsed = parse_message(
                        record.content, source_of(tenant), arrived=int(record.sent.timestamp() * 1000)
                    )
                    count.read(parsed)
                    ids |= {event.id for event in parsed.events} if isinstance(parsed, Accepted) else set()
        for key in archive.keys("facts/"):
            if f"/{tenant}/" in key:
                facts |= {event.id for event in decode_facts(archive.get(key).body, tenant=tenant)}
        found = count.findings()
        wrong += [
            f"{tenant} {name}: {found[name]} != {expected[name]}" for name in EXACT if found[name] != expected[name]
        ]
        wrong += [f"{tenant}: facts hold other events than the raw records"] if facts != ids else []
    print(f"  {stored:,} messages stored, {doubled:,} of them twice; figures that differ from the truth: {len(wrong)}")
    print("\n".join(wrong[:5]))
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--embedded", type=int, default=0)
    parser.add_argument("--life", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.life:
        life()
        return 0
    good = True
    if options.messages or not options.embedded:
        good &= against_nothing(options.messages or 1_000_000)
    if options.embedded:
        good &= killed_now_and_then(options.embedded)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
