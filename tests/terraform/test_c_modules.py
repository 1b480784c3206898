"""The modules' own tests (``*.tftest.hcl``), run by ``terraform test`` in a copy."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from provisioner.assets import asset
from provisioner.terraform.mirror import cli_config
from provisioner.tf import Installation


@pytest.mark.parametrize("module", ["platform", "tenant"])
def test_module(module: str, tmp_path: Path, installation: Installation) -> None:
    folder = tmp_path / module
    shutil.copytree(asset("terraform") / "modules" / module, folder, ignore=shutil.ignore_patterns(".terraform*"))
    (tmp_path / "cli.tfrc").write_text(cli_config(installation.mirror))
    env = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "cli.tfrc"), "CHECKPOINT_DISABLE": "1"}
    for command in (["init", "-no-color", "-input=false"], ["validate", "-no-color"], ["test", "-no-color"]):
        done = subprocess.run(
            [installation.binary.path, *command], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
