"""Whatever goes wrong: one line with what and what next, on standard error, and a documented exit code."""

import errno

import botocore.exceptions
import click
import pytest

from provisioner.cli.main import Verbs, run
from provisioner.errors import ConfigError, InnkeeperError
from provisioner.exit_codes import Exit


def failing(monkeypatch, error):
    """A verb that raises ``error``."""

    @click.command("status")
    @click.option("--debug", is_flag=True)
    def command(debug):
        raise error

    monkeypatch.setattr(Verbs, "get_command", lambda *_: command)


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (InnkeeperError("no platform", hint="make it"), "no platform\n  → make it\n", Exit.FAILED),
        (ConfigError("tenants/a.yaml:1:1: wrong"), "tenants/a.yaml:1:1: wrong\n", Exit.USAGE),
        (InnkeeperError("an \x1b[31mevil\x07 name"), "an \\x1b[31mevil\\x07 name\n", Exit.FAILED),
        (click.Abort(), "stopped; nothing more was changed\n", Exit.FAILED),
        (PermissionError(errno.EACCES, "Permission denied", "out/report.html"),
         "out/report.html: Permission denied\n  → look at the path and its permissions, then repeat\n", Exit.FAILED),
    ],
)  # fmt: skip
def test_known_errors(monkeypatch, capsys, error, line, code):
    failing(monkeypatch, error)
    assert run(["status"]) == code
    assert capsys.readouterr() == ("", line)


def test_ctrl_c_says_one_line(monkeypatch, capsys):
    failing(monkeypatch, KeyboardInterrupt())
    assert run(["status"]) == Exit.FAILED
    shown = capsys.readouterr()
    assert (shown.out, shown.err.strip()) == ("", "stopped; nothing more was changed")


def test_an_error_of_aws_that_no_adapter_caught_is_translated(monkeypatch, capsys):
    answer = {"Error": {"Code": "ExpiredToken", "Message": "The security token included in the request is expired"}}
    failing(monkeypatch, botocore.exceptions.ClientError(answer, "ListBuckets"))
    assert run(["status"]) == Exit.FAILED
    assert "log in again" in capsys.readouterr().err


def test_an_unknown_fault_tells_where_but_not_what_it_held(monkeypatch, capsys):
    """G8: the text of an unknown error may hold a password; the traceback comes with --debug only."""
    failing(monkeypatch, KeyError("hunter2"))
    assert run(["status"]) == Exit.FAILED
    shown = capsys.readouterr().err
    assert "KeyError in test_cli_errors.py" in shown
    assert "hunter2" not in shown
    assert "Traceback" not in shown
    assert run(["status", "--debug"]) == Exit.FAILED
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["stats"], "innkeeper: there is no command 'stats'; did you mean 'status'?"),
        (["xyzzy"], "innkeeper: there is no command 'xyzzy'"),
        (["\x1b[2J"], "innkeeper: there is no command '\\x1b[2J'"),
        (["suspend", "bakery"], "innkeeper suspend: Missing option '--reason'."),
        (["suspend"], "innkeeper suspend: Missing argument 'TENANT'."),
        (["status", "--formt", "json"], "innkeeper status: No such option '--formt'. (Did you mean"),
        (["status", "--format", "xml"], "innkeeper status: Invalid value for '--format'"),
        (["schema"], "innkeeper schema: Missing argument '{tenant|platform|policy}'"),
        (["audit", "--policy", "none.yaml"], "innkeeper audit: Invalid value for '--policy': File 'none.yaml'"),
    ],
)
def test_wrong_usage_is_one_line_and_where_to_read(capsys, arguments, line):
    assert run(arguments) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert first.startswith(line)
    assert second.startswith("  → how it is used: innkeeper")


def test_a_numbers_file_alone_changes_nothing_so_it_needs_a_dry_run(capsys, tmp_path):
    numbers = tmp_path / "strict.yaml"
    numbers.write_text("hard.tenant.small.warn: 2\n")
    assert run(["audit", "--policy", str(numbers)]) == Exit.USAGE
    assert "--dry-run" in capsys.readouterr().err
