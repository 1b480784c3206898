"""The newcomer's first command, as a child process: a claim that is not so ends it with an error."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sweep import read_minted

from provisioner.cli.main import run
from provisioner.demo.stage import prepare
from provisioner.errors import InnkeeperError
from provisioner.sandbox.minted import VARIABLE


def readme_lines():
    """The demo's output as the README shows it."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    return re.search(r"```text\n(.*?)```", text, re.DOTALL)[1].splitlines()


def without_numbers(line):
    return re.sub(r"\d+(\.\d+)?", "N", line)


def test_the_demo_tells_its_story_and_every_claim_holds(tmp_path):
    folder = tmp_path / "demo"
    command = [str(Path(sys.executable).parent / "innkeeper"), "demo", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, env=dict(os.environ))
    (tmp_path / "printed").write_text(done.stdout + done.stderr)  # for the search for secrets when all tests are done
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    printed = {without_numbers(line) for line in done.stdout.splitlines()}
    assert [line for line in readme_lines() if without_numbers(line) not in printed] == []
    print(done.stdout[done.stdout.index("\nstep") :])  # noqa: T201 - the times, for whoever runs pytest -s
    mails = list((folder / "mails").glob("*.html"))
    assert len(mails) >= 6
    assert (folder / "reports" / "bakery.html").is_file()
    assert len(read_minted(Path(os.environ[VARIABLE]))) >= 2 * len(list((folder / "tenants").iterdir()))
    secrets = [line for line in done.stdout.splitlines() if "INNKEEPER_SMTP_PASSWORD" in line]
    assert secrets
    assert all("••••" in line for line in secrets)


def test_an_earlier_demo_is_cleared_and_nothing_else_is(tmp_path):
    folder = tmp_path / "demo"
    prepare(folder)
    (folder / ".innkeeper").mkdir()
    (folder / ".innkeeper" / "left.tfstate").write_text("{}")
    prepare(folder)
    assert not (folder / ".innkeeper").exists()
    assert (folder / "platform.yaml").is_file()
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("precious")
    with pytest.raises(InnkeeperError, match="not empty"):
        prepare(other)
    assert run(["demo", "--folder", str(other)]) == 1
    assert (other / "thesis.txt").read_text() == "precious"
