"""The arrows between the parts: what is pure stays pure, and each outside library has one door."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "provisioner"
PURE = ("model", "rules", "config", "render", "report", "feedback", "wordpress")
OUTSIDE = {
    "boto3", "botocore", "subprocess", "socket", "smtplib", "requests", "urllib.request", "python_terraform", "moto",
}  # fmt: skip
READS_FILES = {"config/files.py"}  # the one shell of the pure parts: hands text to them

MODULES = sorted(path for path in ROOT.rglob("*.py") if "_assets" not in path.parts)


def name(path):
    return str(path.relative_to(ROOT))


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            yield f"{ast.unparse(node.value)}.{node.attr}"


@functools.cache
def tree(path):
    return ast.parse(path.read_text())


@functools.cache
def imported(path):
    return frozenset(imports(tree(path)))


def part(path):
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", [p for p in MODULES if part(p) in PURE], ids=name)
def test_pure_parts_know_neither_aws_nor_processes_nor_the_clock_nor_the_environment(path):
    used = imported(path)
    assert not {module for module in used if module in OUTSIDE or module.split(".")[0] in OUTSIDE}
    touched = set(attributes(tree(path)))
    assert not {t for t in touched if t.endswith(("datetime.now", "date.today", "datetime.utcnow", "time.time"))}
    assert not {t for t in touched if t in ("os.environ", "os.getenv")}
    if name(path) not in READS_FILES:
        assert not any(isinstance(n, ast.Call) and ast.unparse(n.func) == "open" for n in ast.walk(tree(path)))


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        ("boto3", {"aws", "sandbox"}),
        ("botocore", {"aws", "sandbox"}),
        ("python_terraform", {"tf.py", "tf"}),
        ("moto", {"sandbox"}),
        ("aiosmtpd", {"sandbox"}),
    ],
)
def test_each_outside_library_has_one_door(library, doors):
    users = {part(path) for path in MODULES for used in imported(path) if used.split(".")[0] == library}
    assert users <= doors


@pytest.mark.parametrize(
    ("part_", "never"),
    [
        ("model", ("rules", "config", "conduct", "aws", "cli")),
        ("rules", ("conduct", "aws", "cli", "report", "sandbox")),
        ("conduct", ("aws", "cli", "sandbox", "tf")),
        ("onboarding", ("aws", "cli", "sandbox", "tf")),
        ("aws", ("cli", "sandbox")),
    ],
)
def test_arrows_point_inwards(part_, never):
    wrong = {
        f"{name(path)} -> {used}"
        for path in MODULES
        if part(path) == part_
        for used in imported(path)
        if used.startswith(tuple(f"provisioner.{other}" for other in never))
    }
    assert not wrong
