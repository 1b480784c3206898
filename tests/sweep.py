"""At the end of a test run: no secret that was minted during it stands in anything that it leaves behind.

The embedded IAM notes every access key it makes in a file that only this run knows. At the end the repository, the
run's temporary folders (Terraform's states, plans and logs, rendered files, reports) and all that the tests printed
are searched for each secret and each SMTP password, in every spelling that a log or a file would give them.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import quote

import pytest

from provisioner.sandbox.minted import VARIABLE

REPOSITORY = Path(__file__).parents[1]
NOT_OURS = (".git", ".venv", ".mypy_cache", ".ruff_cache", "__pycache__", "node_modules")

PACKED = (".tfplan", ".zip")
_GONE = "No such file or directory"  # a file that another program deleted while we searched is not left behind

# What may hold a password, and why. Patterns are of paths, or of the names of tests for what they print.
ALLOWED: dict[str, str] = {
    "*/kit/wp-config-lines.txt": "innkeeper wordpress --reveal writes it there, for the owner alone",
    "*/msmtprc": "settings of a mail program, where its password belongs (tests/e2e)",
    "*/swaksrc": "settings of a mail program, where its password belongs (tests/e2e)",
    "*/site/wp-config.php": "settings of a WordPress site, where its password belongs (tests/e2e)",
}


def spellings(secret: str) -> Iterator[tuple[str, str]]:
    """(how, text): as it is, as JSON by PHP, in a URL, and inside base64 at each of its three offsets."""
    seen = {secret: "as it is"}
    seen.setdefault(secret.replace("/", "\\/"), "as JSON")
    seen.setdefault(quote(secret, safe=""), "in a URL")
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + secret.encode()).decode()
        seen.setdefault(coded[4 : len(coded) - 4], "in base64")
    return ((how, text) for text, how in seen.items())


def read_minted(file: Path) -> dict[str, str]:
    """Every secret noted so far, with what it is."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {secret: kind for line in lines for kind, secret in json.loads(line).items()}


def search(minted: Mapping[str, str], places: Sequence[Path], allowed: Mapping[str, str]) -> list[str]:
    """``file: what, in which spelling`` for every hit; never the secret itself."""
    needles = {text: f"{kind}, {how}" for secret, kind in minted.items() for how, text in spellings(secret)}
    if not needles:
        return []
    options = [f"--exclude-dir={name}" for name in NOT_OURS]
    done = subprocess.run(  # the patterns go by a pipe: a command line can be seen by others
        ["grep", "-rlF", "-f", "-", *options, "--", *map(str, places)],
        input="\n".join(needles), capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": os.defpath},
    )  # fmt: skip
    failed = [line for line in done.stderr.splitlines() if not line.endswith(_GONE)]
    if failed or not all(place.exists() for place in places):
        raise RuntimeError(f"the search for secrets failed: {done.stderr}")
    found = (Path(name) for name in sorted(done.stdout.splitlines()))
    return [line for path in found for line in _hits(path, needles, allowed)]


def _hits(path: Path, needles: Mapping[str, str], allowed: Mapping[str, str]) -> list[str]:
    if any(fnmatch(str(path), pattern) for pattern in allowed):
        return []
    raw = path.read_bytes() if path.exists() else b""
    kinds = {kind for text, kind in needles.items() if text.encode() in raw}
    return [f"{path}: {kind}" for kind in sorted(kinds)]


def unpack(place: Path, target: Path) -> None:
    """What lies packed below ``place`` (Terraform's plans, packages of functions), a file each, as it is inside."""
    target.mkdir()
    for path in (path for path in place.rglob("*") if path.suffix in PACKED and zipfile.is_zipfile(path)):
        with zipfile.ZipFile(path) as packed, (target / _flat(path)).open("wb") as whole:
            for member in packed.infolist():
                whole.write(packed.read(member))


def _flat(name: object) -> str:
    return str(name).replace("/", ":")[-200:]


class Sweep:
    """The plugin, in the process that controls the run; its workers and all their children inherit the variable."""

    def __init__(self, config: pytest.Config, repository: Path = REPOSITORY) -> None:
        self.config = config
        self.repository = repository
        self.hits: list[str] = []
        self.looked_for = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Before the first worker starts."""
        self.private = Path(tempfile.mkdtemp(prefix="innkeeper-minted-"))  # for the owner's eyes only
        self.printed = self.private / "printed"
        self.printed.mkdir()
        self.minted = self.private / "minted"
        os.environ[VARIABLE] = str(self.minted)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What a test printed and logged, also one that passed, and how it failed."""
        text = f"{report.capstdout}\n{report.capstderr}\n{report.caplog}\n{report.longreprtext}".strip()
        if text:
            name = _flat(f"{report.nodeid} {report.when}")
            with (self.printed / name).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if anything is found; keep what was found, but never the list of secrets."""
        try:
            minted = read_minted(self.minted)
            self.looked_for = len(minted)
            base = self.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
            if minted:
                places = [self.repository, self.printed]
                if base.exists():  # somebody may have tidied up meanwhile
                    unpack(base, self.private / "unpacked")
                    places += [base, self.private / "unpacked"]
                self.hits = search(minted, places, ALLOWED)
        finally:
            os.environ.pop(VARIABLE, None)
            shutil.rmtree(self.private)
        if self.hits:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.hits:
            terminalreporter.section("SECRETS LEFT BEHIND", red=True, bold=True)
            for line in self.hits:
                terminalreporter.write_line(line)
        elif self.looked_for:
            terminalreporter.write_line(f"no trace of {self.looked_for} secrets that were minted in this run")


def install(config: pytest.Config) -> None:
    """Once per run: not in its workers, nor in a run that another started."""
    if not hasattr(config, "workerinput") and VARIABLE not in os.environ:
        config.pluginmanager.register(Sweep(config), "sweep")
