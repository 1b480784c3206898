"""Secrets Manager itself rotates: the package of the functions, run by the embedded Lambda. And nothing leaks."""

import logging
import sys
import traceback
from pathlib import Path

import pytest
from conduct_house import NOTICES
from leaks import files, leaks, logs, objects, watch_children, watch_secrets
from rotation_house import TOKENS

from provisioner.cli.main import run
from provisioner.errors import InnkeeperError
from provisioner.onboarding.rotating import look
from provisioner.package import build_zip
from provisioner.wordpress.kit import SETTINGS

ROOT = Path(__file__).parents[3]
RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def deployed(bakery, house, tmp_path):
    package = build_zip(tmp_path / "functions.zip", runtime=RUNTIME, root=ROOT)
    client = house.wiring.clients
    role = client["iam"].create_role(RoleName="rotate", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client["lambda"].create_function(
        FunctionName=house.names.function("rotate"), Runtime=RUNTIME, Role=role, Timeout=60,
        Handler="lambdas.rotate.handler.handle",
        Code={"ZipFile": package.path.read_bytes()},
        Environment={"Variables": {
            "INNKEEPER_ACCOUNT": house.aws.account, "INNKEEPER_REGION": house.aws.region,
            "INNKEEPER_PREFIX": house.names.prefix, "INNKEEPER_NOTICES_FROM": NOTICES,
        }},
    )  # fmt: skip
    return bakery


def test_aws_rotates_and_whatever_it_leaves_holds_no_secret(deployed, house, operator, monkeypatch, capsys, caplog):
    """G1, G8, G9: with everything logged that can be logged, and through failures."""
    caplog.set_level(logging.DEBUG)
    secrets, children = watch_secrets(monkeypatch, house.aws.region), watch_children(monkeypatch)
    deployed.again()  # so that the first key is watched, too
    shown = [_by_aws(deployed, house), _by_hand(deployed)]
    printed = capsys.readouterr()

    clients = house.wiring.clients
    assert len(secrets) == 2 * 3
    assert {deployed.first.password, deployed.current().password} <= secrets
    left = {
        **files(house.aws.folder, operator),
        **objects(clients["s3"]),
        **logs(clients["logs"]),
        **{f"mail {n}": mail.raw for n, mail in enumerate(house.aws.mailbox)},
        "children": "\n".join(children),
        "standard output": printed.out,
        "standard error": printed.err,
        "log": caplog.text,
        "shown": "\n".join(shown),
    }
    assert len(children) == 5
    assert left[f"logs /aws/lambda/{house.names.function('rotate')}"].count('"event":"rotated"') == 5
    assert "Traceback" in printed.err
    revealed = str(operator / "kit" / SETTINGS)
    assert {place for place, _ in leaks(secrets, left)} == {revealed}  # asked for; and so the search does find


def _by_aws(bakery, house):
    """Set a schedule as Terraform does, which tests the password in force; then let Secrets Manager rotate."""
    client = house.wiring.clients
    client["secretsmanager"].rotate_secret(
        SecretId=bakery.manifest.secret, RotationLambdaARN=house.names.function_arn("rotate"),
        RotationRules={"AutomaticallyAfterDays": 90}, RotateImmediately=False,
    )  # fmt: skip
    assert bakery.current() == bakery.first
    (key,) = look(bakery.rotation()).keys
    assert (key.last_used is not None, key.used_by_site) == (True, False)
    client["secretsmanager"].rotate_secret(SecretId=bakery.manifest.secret)
    new = bakery.current()
    assert new.username != bakery.first.username
    assert bakery.logs_in(new)
    assert bakery.logs_in(bakery.first)
    return repr((bakery.rotation(), new, bakery.wiring.secrets.versions(bakery.manifest.secret)))


def _by_hand(bakery):
    """The commands, and what goes wrong: a rotation too many, a value written over, a password refused."""
    assert run(["rotate", "bakery", "--yes", "--debug"]) == 1
    assert run(["rotate", "bakery", "--status", "--format", "json"]) == 0
    assert run(["rotate", "bakery", "--retire", "--force", "--yes"]) == 0
    assert run(["credentials", "bakery"]) == 0
    assert run(["wordpress", "bakery", "-o", "kit", "--reveal"]) == 0
    assert run(["wordpress", "bakery", "-o", "bare"]) == 0
    Path("bare/README.txt").write_text("mine")
    assert run(["wordpress", "bakery", "-o", "bare", "--reveal", "--debug"]) == 2  # with the password in its hands
    value = bakery.wiring.secrets.get(bakery.manifest.secret).value
    bakery.wiring.secrets.put(bakery.manifest.secret, value, token=TOKENS[6], stages=("OLD",))
    failures = []
    for breaking in (
        lambda: bakery.wiring.secrets.put(bakery.manifest.secret, value + b" ", token=TOKENS[6], stages=("OLD",)),
        lambda: bakery.wiring.secrets.put(bakery.manifest.secret, value, token="short", stages=("OLD",)),
        lambda: bakery.by_command(_switched_off(bakery)),
    ):
        with pytest.raises(InnkeeperError) as failed:
            breaking()
        failures.append("".join(traceback.format_exception(failed.value)))
    return "\n".join(failures)


def _switched_off(bakery):
    def probe(secret, message):
        bakery.wiring.keys.set_active(bakery.manifest.user, secret.username, active=False)
        return bakery.rotation().probe(secret, message)

    return probe
