"""Finding Terraform and its provider, its progress, its errors, its plans: all without starting it."""

from pathlib import Path

import pytest

from provisioner.errors import InnkeeperError
from provisioner.terraform.binary import find_binary, is_new_enough, write_stand_in
from provisioner.terraform.mirror import cli_config, find_mirror, locked_version
from provisioner.terraform.plans import destructions, is_empty, lifting, replacements
from provisioner.terraform.problems import (
    ExistsError,
    LockUnknownError,
    NotLoggedInError,
    StalePlanError,
    StateLockedError,
    TerraformError,
    translate,
)
from provisioner.terraform.process import clean_environment
from provisioner.terraform.progress import Diagnostic, read_line


@pytest.mark.parametrize(
    ("version", "good"),
    [("1.11.0", True), ("1.11.4", True), ("1.15.5", True), ("2.0.0-beta1", True), ("1.10.5", False), ("0.15.3", False)],
)
def test_terraform_must_be_new_enough(version: str, good: bool) -> None:
    assert is_new_enough(version) is good


def program(folder: Path, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "terraform").write_text(f"#!/bin/sh\necho '{{\"terraform_version\": \"{version}\"}}'\n")
    (folder / "terraform").chmod(0o755)


def test_the_terraform_on_path_is_taken(tmp_path: Path) -> None:
    program(tmp_path / "bin", "1.12.1")
    found = find_binary({"PATH": str(tmp_path / "bin")}, tmp_path)
    assert (found.path, found.version) == (str(tmp_path / "bin/terraform"), "1.12.1")


@pytest.mark.parametrize(("version", "said"), [("1.5.7", "too old"), (None, "no Terraform on PATH")])
def test_without_a_good_terraform_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, said: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    if version:
        program(tmp_path / "bin", version)
    with pytest.raises(InnkeeperError, match=said) as caught:
        find_binary({"PATH": str(tmp_path / "bin")}, tmp_path)
    assert "innkeeper[terraform]" in caught.value.hint


def test_the_stand_in_is_a_program(tmp_path: Path) -> None:
    path = write_stand_in(tmp_path / "new")
    assert path.stat().st_mode & 0o111
    compile(path.read_text(), str(path), "exec")
    assert write_stand_in(tmp_path / "new") == path
    assert [found.name for found in (tmp_path / "new").iterdir()] == ["terraform"]


def mirror(folder: Path) -> Path:
    (folder / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    return folder


def test_a_mirror_is_asked_for_or_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    mirror(home / ".terraform.d/plugins")
    asked = mirror(tmp_path / "asked")
    assert find_mirror({"HOME": str(home)}) == home / ".terraform.d/plugins"
    assert find_mirror({"HOME": str(home), "INNKEEPER_PROVIDER_MIRROR": str(asked)}) == asked
    assert find_mirror({"HOME": str(home)}, asked) == asked


def test_a_mirror_asked_for_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(InnkeeperError, match="no provider mirror"):
        find_mirror({"INNKEEPER_PROVIDER_MIRROR": str(tmp_path)})


def test_cli_configuration_names_the_mirror_or_the_registry() -> None:
    assert 'path    = "/a \\"b\\""' in cli_config(Path('/a "b"'))
    assert "direct {}" in cli_config(None)
    assert "filesystem_mirror" not in cli_config(None)


def test_the_locked_version_is_read() -> None:
    text = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.100.0"\n  hashes = [\n    "x",\n  ]\n}\n'
    assert locked_version(text) == "5.100.0"
    assert locked_version("") is None


def test_only_harmless_settings_reach_terraform() -> None:
    """G9"""
    env = {"PATH": "/bin", "TF_LOG": "TRACE", "TF_CLI_ARGS": "-lock=false", "TF_VAR_account": "1", "AWS_PROFILE": "p"}
    clean = clean_environment(env, {"TF_CLI_CONFIG_FILE": "ours"})
    assert {name for name in clean if name.startswith("TF_")} == {"TF_CLI_CONFIG_FILE", "TF_IN_AUTOMATION", "TF_INPUT"}
    assert clean["AWS_PROFILE"] == "p"
    assert clean["CHECKPOINT_DISABLE"] == "1"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            '{"type":"apply_progress","hook":{"resource":{"addr":"module.tenant.aws_sqs_queue.x"},"elapsed_seconds":12}}',
            "waiting for aws_sqs_queue.x, 12 s",
        ),
        (
            '{"type":"apply_start","hook":{"resource":{"addr":"aws_iam_user.smtp"},"action":"create"}}',
            "create aws_iam_user.smtp",
        ),
        ('{"type":"change_summary","@message":"Plan: 1 to add"}', "Plan: 1 to add"),
        ('{"type":"something new","@message":"?"}', ""),
        ('{"type":"apply_start"}', ""),
    ],
)
def test_progress(line: str, sentence: str) -> None:
    found = read_line(line)
    assert found is not None
    assert found.sentence() == sentence


@pytest.mark.parametrize("line", ["", "Error: no JSON", "[1]", "null", "{"])
def test_lines_that_are_no_progress(line: str) -> None:
    assert read_line(line) is None


LOCK = """Error message: state is locked
Lock Info:
  ID:        4c7d
  Path:      states/state/bakery.tfstate
  Operation: OperationTypeApply
  Who:       olga@desk
  Created:   2026-11-25 10:00:00 +0000 UTC
"""


def error(summary: str, detail: str = "", address: str = "") -> list[Diagnostic]:
    return [Diagnostic(severity="error", summary=summary, detail=detail, address=address)]


def test_a_lock_says_who_and_since_when() -> None:
    """E4"""
    found = translate("plan", error("Error acquiring the state lock", LOCK))
    assert isinstance(found, StateLockedError)
    assert str(found).startswith("the state is locked by olga@desk since 2026-11-25 10:00:00 +0000 UTC")
    assert "force-unlock 4c7d" in found.hint


def test_a_lock_that_cannot_be_checked_stops() -> None:
    """E5"""
    found = translate("plan", error("Error acquiring the state lock", "AccessDenied: no s3:PutObject"))
    assert isinstance(found, LockUnknownError)
    assert "nothing was done" in str(found)


@pytest.mark.parametrize(
    ("summary", "kind", "hint"),
    [
        ("Saved plan is stale", StalePlanError, "plan again"),
        ("creating Secrets Manager Secret: ResourceExistsException: already exists", ExistsError, "takes it over"),
        ("api error ExpiredToken: The security token is expired", NotLoggedInError, "log in again"),
        ("No valid credential sources found", NotLoggedInError, "AWS_PROFILE"),
        ("AWS account ID not allowed: 1", NotLoggedInError, "another account"),
        ("api error AccessDenied: User is not authorized to perform: iam:CreateUser", TerraformError, "permission"),
        ("api error Throttling: Rate exceeded", TerraformError, "few minutes"),
        ("Failed to query available provider packages", TerraformError, "INNKEEPER_PROVIDER_MIRROR"),
        ("TooManyHostedZones", TerraformError, "quota"),
        ("write: no space left on device", TerraformError, "disk is full"),
        ("something else", TerraformError, "run it again"),
    ],
)
def test_errors_say_what_to_do(summary: str, kind: type, hint: str) -> None:
    found = translate("apply", error(summary, address="module.tenant.aws_iam_user.smtp"))
    assert type(found) is kind
    assert hint in found.hint


def test_warnings_are_no_errors_and_strays_are_shown() -> None:
    found = translate("init", [Diagnostic(severity="warning", summary="old syntax")], "panic: oh no")
    assert "panic: oh no" in str(found)
    assert "old syntax" not in str(found)


def plan_of(*changes: tuple[str, tuple[str, ...]]) -> dict:
    return {
        "resource_changes": [
            {"address": address, "type": address.split(".")[0], "change": {"actions": list(actions)}}
            for address, actions in changes
        ]
    }


def test_plans_tell_what_would_be_lost() -> None:
    """E2"""
    plan = plan_of(
        ("aws_sesv2_configuration_set.this", ("delete", "create")),
        ("aws_iam_user.smtp", ("delete",)),
        ("aws_sns_topic.feedback", ("create", "delete")),
        ("aws_sqs_queue.feedback", ("update",)),
    )
    assert replacements(plan) == ["aws_sesv2_configuration_set.this", "aws_sns_topic.feedback"]
    assert destructions(plan) == ["aws_iam_user.smtp"]
    assert lifting(plan) == ["aws_iam_user.smtp", "aws_sesv2_configuration_set.this"]


@pytest.mark.parametrize(
    ("plan", "empty"),
    [
        ({}, True),
        (plan_of(("a.b", ("no-op",)), ("data.c", ("read",))), True),
        (plan_of(("a.b", ("update",))), False),
        (
            {
                "resource_changes": [
                    {"address": "a", "type": "a", "change": {"actions": ["no-op"], "importing": {"id": "x"}}}
                ]
            },
            False,
        ),
        ({"output_changes": {"x": {"actions": ["update"]}}}, False),
    ],
)
def test_empty_plans(plan: dict, empty: bool) -> None:
    assert is_empty(plan) is empty
