"""Mistakes in the files: one clear line each, exit code 2, nothing asked of AWS, nothing written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_house import PLATFORM, TENANT

from provisioner.cli.main import run

GOOD = TENANT.format(name="good", title="Good")
CLOSED = "http://127.0.0.1:9"  # nobody listens there

# What is written into which file, and what the line about it must say.
BAD = {
    "path.yaml": (GOOD.replace("id: good", "id: ../../etc/passwd"), "tenants/path.yaml:1:5: id: "),
    "quote.yaml": (GOOD.replace("id: good", "id: \"a'b\\\"c\""), "tenants/quote.yaml:1:5: id: "),
    "braces.yaml": (GOOD.replace("id: good", "id: ${aws.username}"), "tenants/braces.yaml:1:5: id: "),
    "newline.yaml": (GOOD.replace("id: good", 'id: "a\\nb"'), "tenants/newline.yaml:1:5: id: "),
    "address.yaml": (GOOD.replace("good.example", "https://www.shop.example/"), "tenants/address.yaml:3:9: domain: "),
    "word.yaml": (TENANT.format(name="word", title="W").replace("word.example", "not a domain"),
                  "tenants/word.yaml:3:9: domain: "),
    "twin-a.yaml": (TENANT.format(name="twin-a", title="A").replace("twin-a.example", "twin.example"), ""),
    "twin-b.yaml": (TENANT.format(name="twin-b", title="B").replace("twin-b.example", "twin.example"), "twin.example"),
    "unknown.yaml": (TENANT.format(name="unknown", title="U") + "dmark: {policy: none}\n",
                     'did you mean "dmarc"?'),
    "brackets.yaml": ("[" * 25_000, "tenants/brackets.yaml:1:"),
}  # fmt: skip
NO_SMTP = PLATFORM.replace("eu-central-1", "eu-south-2")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder, platform, tenants):
    (folder / "tenants").mkdir()
    (folder / "platform.yaml").write_text(platform)
    for name, text in tenants.items():
        (folder / "tenants" / name).write_text(text)
    return folder


def child(folder, *arguments):
    """A real process, as a shell would start it; AWS is a port where nobody listens."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": CLOSED,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    return subprocess.run(
        [sys.executable, "-m", "provisioner.cli", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["onboard", "--yes"]], ids=lambda words: words[0])
def test_every_mistake_of_every_file_in_one_go(tmp_path, command):
    """F2, F7, and the same for each verb that makes things from files."""
    write(tmp_path, NO_SMTP, {name: text for name, (text, _) in BAD.items()})
    before = files(tmp_path)
    done = child(tmp_path, *command)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    *lines, last = done.stderr.splitlines()
    assert last.endswith("problems; nothing was changed")
    for name, (_, words) in BAD.items():
        assert [line for line in lines if line.startswith(f"tenants/{name}:") and words in line] or not words, name
    region = [line for line in lines if line.startswith("platform.yaml:1:9: region: ")]
    assert len(region) == 1
    assert "SMTP" in region[0]
    assert all(" → " in line or "[C" in line for line in lines)
    assert "Traceback" not in done.stderr
    assert CLOSED.removeprefix("http://") not in done.stderr
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", [name for name, (_, words) in BAD.items() if words])
def test_one_mistake_is_one_line(tmp_path, capsys, name):
    tenants = {name: BAD[name][0]}
    if name == "twin-b.yaml":
        tenants["twin-a.yaml"] = BAD["twin-a.yaml"][0]
    write(tmp_path, PLATFORM, tenants)
    assert run(["validate", "-C", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    about = [line for line in err.splitlines() if BAD[name][1] in line]
    assert len(about) == (2 if name == "twin-b.yaml" else 1), err  # once in each file where it can be mended
    assert len(about[0]) < 300
    assert len(err.splitlines()) <= 3, err


def test_a_slip_in_one_file_does_not_keep_a_person_from_stopping_another_tenant(house, ink, folder):
    broken = folder / "tenants" / "broken.yaml"
    broken.write_text("id: [")
    try:
        ink("suspend", "bakery", "--reason", "spam", "--yes")
        assert ink.json("status", "bakery")[0]["state"] == "suspended"
        assert "tenants/broken.yaml:" in ink("validate", expect=2)[1]
        assert "tenants/broken.yaml:" in ink("onboard", "bakery", "--yes", expect=2)[1]
    finally:
        broken.unlink()
