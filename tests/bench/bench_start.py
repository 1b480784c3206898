# ruff: noqa: T201 -- a command: it prints
"""What a function weighs and how long it takes until its first line of work.

    python tests/bench/bench_start.py

Builds the package, unpacks it beside nothing but boto3 and its libraries, and starts each handler in a fresh Python:
imports, settings, wiring, and the clients that it uses first. The best of five starts; exits with 1 above 0.8 s of
CPU or 5 MB.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import boto3

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from provisioner.package import MOST_BYTES, build_zip  # noqa: E402

HANDLERS = {
    "collect": ("s3", "sqs"),
    "audit": ("s3", "sesv2", "iam", "cloudwatch"),
    "sentinel": ("s3", "iam", "sesv2"),
    "drill": ("s3", "sqs", "sesv2", "iam", "secretsmanager"),
    "rotate": ("s3", "iam", "secretsmanager"),
}
RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
BESIDE = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py", "certifi")
START = """
import importlib, sys, time
sys.path[:0] = sys.argv[1:3]
importlib.import_module(f"lambdas.{sys.argv[3]}.handler")
imported = time.process_time()
from provisioner.aws import function
wiring = function.wiring()
for service in sys.argv[4:]:
    wiring.clients[service]
print(imported, time.process_time())
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        task, beside = Path(folder) / "task", Path(folder) / "python"
        package = build_zip(Path(folder) / "functions.zip", runtime=RUNTIME, root=ROOT)
        zipfile.ZipFile(package.path).extractall(task)
        beside.mkdir()
        for name in BESIDE:
            source = Path(boto3.__file__).parents[1] / name
            if source.exists():
                (beside / name).symlink_to(source)
        print(f"package {package.size / 1e6:.2f} MB")
        worst = 0.0
        for handler, services in HANDLERS.items():
            starts = [_start(task, beside, handler, services) for _ in range(6)][1:]  # the first one compiles
            imported, ready = min(starts, key=lambda each: each[1])
            worst = max(worst, ready)
            print(f"{handler:<9} imported after {imported:.2f} s, ready after {ready:.2f} s of CPU")
        return 0 if worst < 0.8 and package.size < MOST_BYTES else 1


def _start(task: Path, beside: Path, handler: str, services: tuple[str, ...]) -> tuple[float, float]:
    environment = {
        "PATH": os.environ["PATH"], "INNKEEPER_ACCOUNT": "123456789012", "INNKEEPER_REGION": "eu-central-1",
        "INNKEEPER_PREFIX": "inn", "INNKEEPER_NOTICES_FROM": "notices@innkeeper.example",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
    }  # fmt: skip
    command = [sys.executable, "-I", "-S", "-c", START, str(task), str(beside), handler, *services]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported, ready = map(float, done.stdout.split())
    return imported, ready


if __name__ == "__main__":
    sys.exit(main())
