"""G8: the search for secrets at the end of a test run: it finds what is there, names it, and can fail."""

import base64
import json
import zipfile
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from sweep import Sweep, read_minted, search, spellings

from provisioner.sandbox.minted import VARIABLE

PASSWORD = "BExample/password+of/44+characters/aaaaaaaaaa"
MINTED = {"canarySecretAccessKeyOfFortyCharacters00": "secret access key", PASSWORD: "SMTP password"}


@pytest.mark.parametrize(
    ("left", "how"),
    [
        (PASSWORD, "as it is"),
        (json.dumps({"password": PASSWORD}), "as it is"),
        (json.dumps({"password": PASSWORD}).replace("/", "\\/"), "as JSON"),
        (f"https://x/?p={quote(PASSWORD, safe='')}", "in a URL"),
        (base64.b64encode(f"\0AKIAEXAMPLE\0{PASSWORD}".encode()).decode(), "in base64"),
        (base64.b64encode(f"\0AKIAEXAMPL\0{PASSWORD}".encode()).decode(), "in base64"),
        (base64.b64encode(f"\0AKIAEXAMP\0{PASSWORD}".encode()).decode(), "in base64"),
    ],
)
def test_every_spelling_is_found_and_none_is_repeated(tmp_path, left, how):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "terraform.tfstate").write_bytes(b"\xff\0 before " + left.encode() + b" after")
    (tmp_path / "clean").write_text("nothing")
    (hit,) = search(MINTED, [tmp_path], {})
    assert hit == f"{tmp_path}/deep/terraform.tfstate: SMTP password, {how}"
    assert not any(text in hit for _, text in spellings(PASSWORD))


def test_what_is_allowed_is_allowed_by_name_and_only_there(tmp_path):
    for name in ("kit", "log"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "wp-config-lines.txt").write_text("\n".join(MINTED))
    hits = search(MINTED, [tmp_path], {"*/kit/wp-config-lines.txt": "asked for"})
    assert hits == [f"{tmp_path}/log/wp-config-lines.txt: {kind}, as it is" for kind in sorted(MINTED.values())]
    assert search({}, [tmp_path], {}) == []


def test_a_search_that_cannot_be_made_is_no_clean_run(tmp_path):
    with pytest.raises(RuntimeError, match="the search for secrets failed"):
        search(MINTED, [tmp_path / "absent"], {})


@pytest.mark.parametrize(
    "place", ["repository", "temporary folder", "a packed plan", "printed by a test", "nowhere"]
)
def test_a_run_that_leaves_a_secret_fails_and_the_list_of_secrets_is_gone(tmp_path, monkeypatch, place):
    monkeypatch.setenv(VARIABLE, "of the run around this one")
    folders = {name: tmp_path / name for name in ("repository", "temporary folder")}
    for folder in folders.values():
        folder.mkdir()
    temporary = SimpleNamespace(getbasetemp=lambda: folders["temporary folder"])
    sweep = Sweep(SimpleNamespace(_tmp_path_factory=temporary), folders["repository"])
    sweep.pytest_sessionstart()
    sweep.minted.write_text(json.dumps({"SMTP password": PASSWORD}) + "\n")
    assert read_minted(sweep.minted) == {PASSWORD: "SMTP password"}
    if place in folders:
        (folders[place] / "file").write_text(PASSWORD)
    if place == "a packed plan":
        (folders["temporary folder"] / "root").mkdir()
        with zipfile.ZipFile(folders["temporary folder"] / "root" / "x.tfplan", "w", zipfile.ZIP_DEFLATED) as plan:
            plan.writestr("tfstate", f"{'x' * 1000}{PASSWORD}")
    printed = PASSWORD if place == "printed by a test" else ""
    sweep.pytest_runtest_logreport(
        SimpleNamespace(nodeid="tests/a.py::test_b", when="call", capstdout=printed, capstderr="", caplog="",
                        longreprtext="")
    )  # fmt: skip
    session, lines = SimpleNamespace(exitstatus=0), []
    sweep.pytest_sessionfinish(session)
    sweep.pytest_terminal_summary(SimpleNamespace(section=lambda title, **_: lines.append(title),
                                                  write_line=lines.append))  # fmt: skip
    assert (session.exitstatus, len(sweep.hits)) == ((0, 0) if place == "nowhere" else (1, 1))
    assert not sweep.private.exists()
    assert PASSWORD not in "".join(lines)
    assert ("SECRETS LEFT BEHIND" in lines) == (place != "nowhere")
