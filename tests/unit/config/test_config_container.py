"""The container's ingredients: pins that still fit, and a Dockerfile that keeps its promises."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["sandbox"]]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def pins(name):
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): pinned for package, pinned in found}


@pytest.mark.parametrize("declared", DECLARED)
def test_every_declared_dependency_is_pinned_within_its_range(declared):
    wanted = Requirement(declared)
    pinned = pins("runtime.txt").get(canonicalize_name(wanted.name))
    assert pinned is not None, "run: scripts/container lock"
    assert wanted.specifier.contains(pinned), "run: scripts/container lock"


def test_the_build_backend_is_pinned():
    assert {"hatchling", "setuptools"} <= set(pins("build.txt"))


def test_moto_is_the_version_the_sandbox_was_written_for():
    assert pins("runtime.txt")["moto"] == version("moto")


def test_the_image_runs_the_command_as_an_ordinary_user():
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "\nUSER innkeeper\n" in last
    assert 'ENTRYPOINT ["innkeeper"]' in last
    assert "\nWORKDIR /work\n" in last
    assert "--mount=type=secret" not in last


def test_the_build_takes_no_secret_but_as_a_mount():
    """Arguments and variables stay readable in an image's history."""
    names = re.findall(r"^(?:ARG|ENV)\s+(\w+)", DOCKERFILE, re.MULTILINE)
    assert names
    assert not [name for name in names if re.search(r"TOKEN|SECRET|PASSWORD|INDEX|KEY", name)]


def test_the_build_context_is_a_list_of_what_may_enter():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    wanted = {name for line in copied for name in line.split()}
    assert wanted == {rule[1:] for rule in rules if rule.startswith("!")}
