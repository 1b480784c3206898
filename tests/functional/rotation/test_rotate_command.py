"""``innkeeper rotate`` and ``innkeeper wordpress`` as a person runs them."""

import json
import stat
from datetime import timedelta

import pytest
from rotation_house import TOKENS

from provisioner.cli.main import run
from provisioner.conduct.operator import suspend
from provisioner.onboarding.retirement import GRACE
from provisioner.wordpress.kit import SETTINGS


@pytest.fixture
def innkeeper(capsys, operator):
    def command(*arguments):
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_a_rotation_from_start_to_end(bakery, innkeeper):
    code, out, err = innkeeper("rotate", "bakery", "--yes")
    assert code == 0, err
    new = bakery.current()
    assert "goes on working" in err
    assert "innkeeper credentials bakery --reveal" in out
    assert f"{bakery.aws.clock.now() + GRACE:%Y-%m-%d}" in out
    assert bakery.logs_in(new)
    assert bakery.logs_in(bakery.first)
    code, out, err = innkeeper("rotate", "bakery", "--yes")
    assert (code, "has two passwords already" in err) == (1, True)

    code, out, _ = innkeeper("rotate", "--status")
    assert code == 0
    assert "bakery's site still has the old password (last used: " in out
    assert "(our test)" in out
    code, out, err = innkeeper("rotate", "--retire", "--yes")
    assert (code, "has not used the new password" in err) == (4, True)

    bakery.aws.clock.advance(timedelta(hours=1))
    bakery.logs_in(new)
    bakery.aws.clock.advance(GRACE)
    code, out, _ = innkeeper("rotate", "bakery", "--status", "--format", "json")
    (seen,) = json.loads(out)
    assert (seen["waits_for"], seen["site_uses_old"]) == ("", False)
    code, out, _ = innkeeper("rotate", "bakery", "--retire", "--yes")
    assert (code, bakery.first.username in out) == (0, True)
    assert not bakery.logs_in(bakery.first)
    assert bakery.logs_in(new)
    assert innkeeper("rotate", "bakery", "--retire")[:2] == (0, "nothing deleted; old keys that must stay: 0\n")


def test_who_knows_better_may_cut_the_old_password_off(bakery, innkeeper):
    bakery.by_service(TOKENS[0])
    code, out, err = innkeeper("rotate", "bakery", "--retire", "--force", "--yes")
    assert (code, "deleted" in out, "deleted all the same" in err) == (0, True, True)
    assert not bakery.logs_in(bakery.first)


def test_a_suspended_tenant_is_refused_with_what_to_do_and_stops_no_other(bakery, other, innkeeper, house):
    """G6"""
    grocer = other("grocer")
    suspend("grocer", house.outside, grocer.aws.clock.now(), by="op", reason="a test of the levers")
    code, _, err = innkeeper("rotate", "grocer", "--yes")
    assert (code, "innkeeper reinstate grocer" in err) == (1, True)
    code, out, _ = innkeeper("rotate", "grocer", "bakery", "--yes", "--format", "json")
    assert (code, list(json.loads(out)["rotated"]), list(json.loads(out)["failed"])) == (3, ["bakery"], ["grocer"])
    assert bakery.logs_in(bakery.first)
    assert [key.active for key in grocer.wiring.keys.list(grocer.manifest.user)] == [False]


@pytest.mark.parametrize(
    "arguments",
    [("rotate",), ("rotate", "bakery", "--force"), ("rotate", "bakery", "--status", "--retire")],
    ids=" ".join,
)
def test_options_that_make_no_sense_together_change_nothing(innkeeper, arguments):
    assert innkeeper(*arguments)[0] == 2


def test_without_a_terminal_nothing_changes_unasked(bakery, innkeeper):
    code, _, err = innkeeper("rotate", "bakery")
    assert (code, "--yes" in err) == (2, True)
    assert len(bakery.wiring.keys.list(bakery.manifest.user)) == 1


def test_the_kit_holds_the_password_only_where_asked_for(bakery, innkeeper, tmp_path):
    """G8"""
    password, kit = bakery.first.password, tmp_path / "kit"
    code, out, _ = innkeeper("wordpress", "bakery", "-o", str(kit))
    names = {path.name for path in kit.iterdir()}
    assert code == 0
    assert {"innkeeper-mail.php", SETTINGS, "start-here.html", "start-here.txt", "README.txt"} <= names
    assert {str(kit / name) for name in names} == set(out.split())
    assert not [path for path in kit.iterdir() if password in path.read_text()]
    assert bakery.first.username in (kit / SETTINGS).read_text()
    assert innkeeper("wordpress", "bakery", "-o", str(kit))[0] == 0

    code, _, err = innkeeper("wordpress", "bakery", "-o", str(kit), "--reveal")
    assert (code, password in err) == (0, False)
    assert [path.name for path in kit.iterdir() if password in path.read_text()] == [SETTINGS]
    assert stat.S_IMODE((kit / SETTINGS).stat().st_mode) == 0o600


def test_the_kit_overwrites_nothing_of_yours_unasked(bakery, innkeeper, tmp_path):
    (tmp_path / "README.txt").write_text("mine")
    assert innkeeper("wordpress", "bakery", "-o", str(tmp_path))[0] == 2
    assert (tmp_path / "README.txt").read_text() == "mine"
    assert innkeeper("wordpress", "bakery", "-o", str(tmp_path), "--yes")[0] == 0


def test_the_kit_before_there_is_a_password(bakery, innkeeper, tmp_path):
    bakery.empty()
    assert innkeeper("wordpress", "bakery", "-o", str(tmp_path / "kit"))[0] == 0
    assert "PASTE-THE-USER-NAME-HERE" in (tmp_path / "kit" / SETTINGS).read_text()
    code, _, err = innkeeper("wordpress", "bakery", "-o", str(tmp_path / "kit"), "--reveal")
    assert (code, "innkeeper onboard bakery" in err) == (1, True)
