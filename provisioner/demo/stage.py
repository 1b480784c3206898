"""The stage of the demo: a folder of its own, the embedded AWS, and the commands run as a person would run them."""

import contextlib
import io
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from provisioner.assets import asset
from provisioner.config import load_fleet
from provisioner.demo.site import Site
from provisioner.errors import InnkeeperError
from provisioner.onboarding.credentials import SmtpSecret
from provisioner.sandbox import Sandbox
from provisioner.smtp import Endpoint
from provisioner.terraform.spans import seconds_between

_MARK = ".innkeeper-demo"
_PATIENCE_SECONDS = 60.0


class ClaimError(InnkeeperError):
    """Something the story says was not so when read back from AWS."""


class Step(msgspec.Struct, frozen=True):
    """One row of the table of times."""

    name: str
    seconds: float
    terraform: float


class Stage:
    """Prints the story, runs the commands, checks the claims, takes the times."""

    def __init__(self, folder: Path, aws: Sandbox, run: Callable[[list[str]], int], out: Console) -> None:
        self.folder = folder
        self.aws = aws
        self.out = out
        self.steps: list[Step] = []
        self.checked = 0
        self._run = run

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """One step of the story, timed."""
        self.out.print(f"\n[b]{len(self.steps) + 1}. {title}[/]")
        start = time.monotonic()
        yield
        end = time.monotonic()
        self.steps.append(Step(title, end - start, seconds_between(start, end)))

    def tell(self, text: str) -> None:
        """A sentence of the story, as plain text."""
        self.out.print("   ", end="")
        self.out.print(text, markup=False)

    def command(self, line: str, *, expect: int = 0) -> None:
        """Run a command as typed, its output shown. Raises ClaimError on another exit code than ``expect``."""
        self.out.print("   $ innkeeper " + line, style="cyan", markup=False)
        sys.stdout.flush()
        code = self._run([*shlex.split(line), "-C", str(self.folder)])
        if code != expect:
            raise ClaimError(f"'innkeeper {line}' ended with exit code {code}, not {expect}")

    def ask(self, line: str) -> Any:
        """Run a command for its JSON, unseen."""
        caught = io.StringIO()
        with contextlib.redirect_stdout(caught), contextlib.redirect_stderr(io.StringIO()):
            self._run([*shlex.split(line), "--format", "json", "-C", str(self.folder)])
        return json.loads(caught.getvalue())

    def claim(self, text: str, true: object) -> None:
        """State something that was just read back from AWS. Raises ClaimError if it is not so."""
        if not true:
            raise ClaimError(f"not so: {text}")
        self.checked += 1
        self.out.print("   [green]✓[/] ", end="")
        self.out.print(text, markup=False)

    def until(self, text: str, condition: Callable[[], object], *, since: float | None = None) -> None:
        """Wait until ``condition`` holds and claim it, with the time that took (from ``since``, by time.monotonic)."""
        start = time.monotonic() if since is None else since
        while not condition():
            if time.monotonic() - start > _PATIENCE_SECONDS:
                raise ClaimError(f"not so after {_PATIENCE_SECONDS:.0f} s: {text}")
            time.sleep(0.1)
        self.claim(f"{text} (after {time.monotonic() - start:.1f} s)", true=True)

    def site(self, tenant: str) -> Site:
        """The tenant's site, with the credentials from Secrets Manager."""
        value = self.aws.client("secretsmanager").get_secret_value(
            SecretId=f"innkeeper/{tenant}/smtp", VersionStage="AWSCURRENT"
        )["SecretString"]
        return Site(
            secret=msgspec.json.decode(value, type=SmtpSecret),
            ses_tenant=f"innkeeper-{tenant}",
            configuration_set=f"innkeeper-{tenant}",
            endpoint=Endpoint(self.aws.smtp_host, self.aws.smtp_port, str(self.aws.ca_file)),
        )

    def domains(self) -> dict[str, str]:
        """Domain by tenant."""
        return {row["tenant"]: row["domain"] for row in self.ask("status")}

    def paste_records(self, tenant: str) -> None:
        """Do what the owner does at an outside DNS provider: enter the records that were printed."""
        records = self.ask(f"records {tenant}")
        self.aws.announce(*((record["name"], record["type"], record["value"]) for record in records))

    def paste_platform_records(self) -> None:
        """The same for the domain that notices come from."""
        self.aws.verify(load_fleet(self.folder).platform.sender_domain)

    def change(self, tenant: str, text: str) -> None:
        """Add to a tenant's file, as its owner would in an editor."""
        file = self.folder / "tenants" / f"{tenant}.yaml"
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def prepare(folder: Path) -> None:
    """A fresh folder with the example tenants. An earlier demo's is cleared: its AWS ended with it.

    Raises InnkeeperError for a folder that holds anything else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise InnkeeperError(f"{folder} is not empty and not of an earlier demo", hint="choose another: --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    shutil.copytree(asset("examples"), folder, dirs_exist_ok=True)
    # The functions' code runs with this machine's Python here.
    platform = folder / "platform.yaml"
    runtime = f"runtime: python{sys.version_info.major}.{sys.version_info.minor}\n"
    platform.write_text(platform.read_text(encoding="utf-8") + "\n" + runtime, encoding="utf-8")


@contextmanager
def environment(aws: Sandbox) -> Iterator[None]:
    """Point this process at the embedded AWS, whatever AWS settings the caller has."""
    saved = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "INNKEEPER_"))}
    for name in saved:
        if not name.startswith("INNKEEPER_PROVIDER"):
            del os.environ[name]
    os.environ.update(aws.environment())
    try:
        yield
    finally:
        for name in aws.environment():
            os.environ.pop(name, None)
        os.environ.update(saved)
