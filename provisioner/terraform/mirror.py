"""Where Terraform gets its provider: from the registry, or from a folder on this machine."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from provisioner.errors import InnkeeperError

VARIABLE = "INNKEEPER_PROVIDER_MIRROR"
_PROVIDER = Path("registry.terraform.io/hashicorp/aws")


def find_mirror(env: Mapping[str, str], asked: Path | None = None) -> Path | None:
    """A folder that holds the AWS provider; None: ask the registry.

    One that was asked for must be right. Otherwise Terraform's implied folders are looked at, then ``/opt``.
    """
    named = asked or (Path(env[VARIABLE]) if env.get(VARIABLE) else None)
    if named is not None:
        if not (named / _PROVIDER).is_dir():
            raise InnkeeperError(
                f"{named} is no provider mirror: it has no folder {_PROVIDER}",
                hint="make one with: terraform providers mirror FOLDER (or leave the option out to use the registry)",
            )
        return named.resolve()
    return next((folder for folder in _candidates(env) if (folder / _PROVIDER).is_dir()), None)


def _candidates(env: Mapping[str, str]) -> list[Path]:
    home = Path(env.get("HOME", "/nonexistent"))
    data = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else home / ".local/share"
    implied = [home / ".terraform.d/plugins", data / "terraform/plugins"]
    implied += [Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins")]
    try:
        installed = sorted(path for path in Path("/opt").iterdir() if path.is_dir())
    except OSError:
        installed = []
    return [*implied, *installed]


def cli_config(mirror: Path | None) -> str:
    """Terraform's CLI configuration. Ours replaces the user's, so that every machine installs the same way."""
    if mirror is None:
        return "disable_checkpoint = true\n\nprovider_installation {\n  direct {}\n}\n"
    return (
        "disable_checkpoint = true\n\nprovider_installation {\n  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror), ensure_ascii=False)}\n"
        '    include = ["registry.terraform.io/hashicorp/aws"]\n  }\n'
        '  direct {\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }\n}\n'
    )


def locked_version(lock_file: str) -> str | None:
    """The AWS provider's version as ``.terraform.lock.hcl`` has it."""
    block = re.search(r'provider "registry\.terraform\.io/hashicorp/aws" \{.*?\n\}', lock_file, re.DOTALL)
    found = re.search(r'^\s*version\s*=\s*"([^"]+)"', block.group(0), re.MULTILINE) if block else None
    return found.group(1) if found else None
