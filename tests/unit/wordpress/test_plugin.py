"""The must-use plugin, run by PHP without WordPress. What a real WordPress does with it: tests/e2e."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PHP = shutil.which("php")
pytestmark = pytest.mark.skipif(PHP is None, reason="no php on this machine: the WordPress plugin is NOT tested")

PLUGINS = Path(__file__).parents[3] / "provisioner" / "wordpress" / "plugin"
MAIL, SECRETS = PLUGINS / "innkeeper-mail.php", PLUGINS / "innkeeper-secrets.php"
PASSWORD = "canary-password-1"
CONSTANTS = {
    "INNKEEPER_SMTP_HOST": "email-smtp.eu-west-1.amazonaws.com",
    "INNKEEPER_SMTP_PORT": 587,
    "INNKEEPER_SMTP_USER": "AKIAEXAMPLE",
    "INNKEEPER_SMTP_PASSWORD": PASSWORD,
    "INNKEEPER_SMTP_FROM": "wordpress@bakery.example",
    "INNKEEPER_SMTP_FROM_NAME": "Bakery",
    "INNKEEPER_SMTP_TENANT": "innkeeper-bakery",
    "INNKEEPER_SMTP_CONFIGURATION_SET": "innkeeper-bakery",
}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:innkeeper/bakery/smtp-AbCdEf"
SECRET = {"username": "AKIAROTATED", "password": "rotated-password", "host": "h", "port": 587, "from": "x@y.example"}
ANSWER = [200, json.dumps({"SecretString": json.dumps(SECRET)})]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr", "AWS_SESSION_TOKEN": "token"}
REFUSED = ["SERVER -> CLIENT: 220 hello", "CLIENT -> SERVER: [credentials hidden]",
           "SERVER -> CLIENT: 535 Authentication Credentials Invalid\r\n"]  # fmt: skip


def run(*steps, constants=CONSTANTS, plugins=(MAIL,), **more):
    request = {"plugins": [str(plugin) for plugin in plugins], "constants": constants, "do": steps, **more}
    done = subprocess.run(
        [str(PHP), "-d", "display_errors=stderr", "-d", "error_reporting=-1", "-d", "log_errors=0",
         str(Path(__file__).parent / "harness.php")],
        input=json.dumps(request), capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    return [step["value"] for step in answer["gave"]], [step["shown"] for step in answer["gave"]], answer["state"]


def mailer(mail, **more):
    return run(["send", mail], ["mailer"], **more)[0][1]


def headers(mail, **more):
    return {name.lower(): value for name, value in mailer(mail, **more)["headers"]}


@pytest.mark.parametrize("plugin", [MAIL, SECRETS], ids=lambda path: path.name)
def test_php_finds_no_fault(plugin):
    done = subprocess.run([str(PHP), "-l", str(plugin)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_mail_goes_to_ses_with_tls_and_a_login():
    sent = mailer({})
    names = ("Mailer", "Host", "Port", "SMTPSecure", "SMTPAuth", "Username", "Password")
    assert {name: sent[name] for name in names} == {
        "Mailer": "smtp", "Host": "email-smtp.eu-west-1.amazonaws.com", "Port": 587, "SMTPSecure": "tls",
        "SMTPAuth": True, "Username": "AKIAEXAMPLE", "Password": PASSWORD,
    }  # fmt: skip


@pytest.mark.parametrize(("port", "secure"), [(587, "tls"), ("2587", "tls"), (465, "ssl"), ("2465", "ssl")])
def test_the_port_decides_how_tls_begins(port, secure):
    assert mailer({}, constants=CONSTANTS | {"INNKEEPER_SMTP_PORT": port})["SMTPSecure"] == secure


@pytest.mark.parametrize(
    ("mail", "reply_to"),
    [
        ({"from": "wordpress@site.example"}, []),
        ({"from": "wordpress@bakery.example"}, []),
        ({"from": "visitor@mailbox.example", "from_name": "Vera"}, {"visitor@mailbox.example": "Vera"}),
        ({"from": "visitor@mailbox.example", "reply_to": ["other@mailbox.example"]}, {"other@mailbox.example": ""}),
        ({"from": "not an address"}, []),
    ],
    ids=["WordPress' own", "ours", "a visitor", "a visitor, with Reply-To", "no address"],
)
def test_the_sender_is_forced_and_answers_still_reach_the_visitor(mail, reply_to):
    sent = mailer(mail)
    assert (sent["From"], sent["Sender"], sent["FromName"]) == ("wordpress@bakery.example",) * 2 + ("Bakery",)
    assert sent["replies"] == reply_to


def test_a_sender_that_is_no_address_breaks_no_page():
    assert mailer({}, constants=CONSTANTS | {"INNKEEPER_SMTP_FROM": "nonsense"})["Sender"] == "nonsense"


def test_other_plugins_cannot_name_another_tenant():
    """D18"""
    sent = mailer({"headers": [["X-SES-Tenant", "victim"], ["x-ses-configuration-set ", "victim"], ["X-Keep", "1"]]})
    assert sent["headers"] == [
        ["X-Keep", "1"], ["X-SES-TENANT", "innkeeper-bakery"], ["X-SES-CONFIGURATION-SET", "innkeeper-bakery"],
    ]  # fmt: skip


def test_without_names_there_are_no_headers():
    plain = {name: value for name, value in CONSTANTS.items() if "TENANT" not in name and "SET" not in name}
    assert headers({}, constants=plain) == {}


@pytest.mark.parametrize(
    ("given", "filters", "expected"),
    [
        ([], {}, None),
        ([["X-Innkeeper-Unsubscribe", "https://site.example/u?x=1"]], {}, "<https://site.example/u?x=1>"),
        ([], {"innkeeper_mail_unsubscribe_url": "https://site.example/f"}, "<https://site.example/f>"),
        ([["X-Innkeeper-Unsubscribe", "http://site.example/u"]], {}, None),
        ([["X-Innkeeper-Unsubscribe", "https://a.example/>,<mailto:x@y.example"]], {}, None),
        ([["List-Unsubscribe", "<https://own.example>"], ["X-Innkeeper-Unsubscribe", "https://x.example"]], {}, "<https://own.example>"),
    ],
    ids=["not bulk", "header", "filter", "no TLS", "two addresses", "has its own"],
)  # fmt: skip
def test_bulk_mail_can_be_unsubscribed_from(given, filters, expected):
    found = headers({"headers": given}, filters=filters)
    assert found.get("list-unsubscribe") == expected
    ours = expected is not None and "own.example" not in expected
    assert found.get("list-unsubscribe-post") == ("List-Unsubscribe=One-Click" if ours else None)
    assert "x-innkeeper-unsubscribe" not in found


def test_without_settings_nothing_is_touched():
    assert mailer({"from": "x@y.example"}, constants={})["Mailer"] == "mail"
    assert run(["fail", "x"], ["health"], constants={})[0][1]["status"] == "critical"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("535 Authentication Credentials Invalid", "The password was not accepted"),
        ("554 Access denied: User `x' is not authorized to perform `ses:SendRawEmail'", "or one of the recipients"),
        ("554 Sending is paused for configuration set innkeeper-bakery.", "has been suspended"),
        ("554 Message rejected: Sending paused for this account.", "has been suspended"),
        ("554 Message rejected: Email address is not verified. The following identities failed", "not verified yet"),
        ("454 Throttling failure: Maximum sending rate exceeded", "Too many mails"),
        ("454 Temporary authentication failure", "passing problem"),
        ("451 Timeout waiting for data from client", "passing problem"),
        ("552 Message is too long", "too large"),
        ("553 <x> Invalid email address", "not valid"),
        ("554 Transaction failed", "The mail was refused"),
    ],
)  # fmt: skip
def test_the_servers_answer_is_explained(answer, reason):
    lines = ["SERVER -> CLIENT: 250 Ok", f"SERVER -> CLIENT: {answer}\r\n"]
    values, shown, state = run(
        ["send", {}, lines, "SMTP Error: data not accepted."], ["health"], ["action", "admin_notices"]
    )
    assert state["options"]["innkeeper_mail_failure"]["text"] == answer
    assert values[1]["status"] == "critical"
    assert reason in values[1]["description"].replace("&#039;", "'")
    assert reason in shown[2].replace("&#039;", "'")


def test_a_server_out_of_reach_is_explained():
    assert "open port 587" in run(["fail", "SMTP connect() failed."], ["health"])[0][1]["description"]


def test_a_failure_is_over_with_the_next_success():
    values, shown, state = run(["send", {}, REFUSED], ["send", {}, []], ["health"], ["action", "admin_notices"])
    assert values[2]["status"] == "good"
    assert shown[3] == ""
    assert "innkeeper_mail_failure" not in state["options"]


def test_an_answer_of_an_earlier_mail_is_not_blamed_for_a_later_failure():
    _, _, state = run(["send", {}, REFUSED], ["send", {}, []], ["fail", "SMTP connect() failed."])
    assert state["options"]["innkeeper_mail_failure"]["text"] == "SMTP connect() failed."


def test_the_password_is_shown_and_kept_nowhere():
    """G8"""
    lines = [*REFUSED, f"CLIENT -> SERVER: {PASSWORD}"]
    values, shown, state = run(
        ["send", {}, lines], ["Innkeeper\\Mail\\show_page"], ["health"], ["action", "admin_notices"],
        ["post", {"to": "a@b.example"}], ["Innkeeper\\Mail\\show_page"],
    )  # fmt: skip
    assert PASSWORD not in json.dumps([values, shown, state])
    assert "<td>set</td>" in shown[1]


HOSTILE = "554 <script>alert(1)</script> \"onmouseover=x '&amp;"


def test_what_the_server_says_is_escaped():
    """F10"""
    hostile = CONSTANTS | {"INNKEEPER_SMTP_FROM_NAME": "<b>Bakery</b>"}
    values, shown, _ = run(
        ["send", {}, [f"SERVER -> CLIENT: {HOSTILE}"]], ["Innkeeper\\Mail\\show_page"], ["action", "admin_notices"],
        ["health"],
        constants=hostile,
    )  # fmt: skip
    for text in (*shown, values[3]["description"]):
        assert "<script" not in text
        assert "<b>" not in text
    assert "&lt;script&gt;" in shown[1]


def test_the_page_is_for_administrators_only():
    values, shown, _ = run(["state", "user", False], ["Innkeeper\\Mail\\show_page"], ["post", {"to": "a@b.example"}])
    assert values[1:] == ["wp_die 403", "wp_die 403"]
    assert shown[1:] == ["", ""]


def test_a_warning_is_for_administrators_only():
    assert run(["send", {}, REFUSED], ["state", "user", False], ["action", "admin_notices"])[1][2] == ""


def test_a_test_mail_needs_the_nonce():
    values, _, state = run(["state", "nonce", False], ["post", {"to": "a@b.example"}])
    assert values[1] == "nonce"
    assert "innkeeper_mail_success" not in state["options"]


@pytest.mark.parametrize(
    ("to", "server", "words"),
    [
        ("a@b.example", [], "The test mail to a@b.example was accepted"),
        ("a@b.example", REFUSED, "The password was not accepted"),
        ("nobody", [], "An address is not valid"),
    ],
)
def test_a_test_mail_shows_its_outcome_once(to, server, words):
    values, shown, _ = run(
        ["post", {"to": to}], ["Innkeeper\\Mail\\show_page"], ["Innkeeper\\Mail\\show_page"], server=server
    )
    assert values[0] == "redirect https://site.example/wp-admin/tools.php?page=innkeeper-mail"
    assert words in shown[1]
    assert shown[1].count("notice-") == 1
    assert "The test mail to" not in shown[2]


def test_missing_settings_are_named():
    bare = {"INNKEEPER_SMTP_HOST": "h", "INNKEEPER_SMTP_FROM": "a@b.example"}
    values, shown, _ = run(["health"], ["Innkeeper\\Mail\\show_page"], ["post", {"to": "a@b.example"}], constants=bare)
    assert "INNKEEPER_SMTP_USER, INNKEEPER_SMTP_PASSWORD" in values[0]["description"]
    assert "Missing in wp-config.php: INNKEEPER_SMTP_USER" in shown[1]
    assert values[2].startswith("redirect")


def test_the_health_test_is_registered():
    assert "innkeeper_mail" in run(["tests"])[0][0]["direct"]


def secret(*steps, http=(ANSWER,), env=KEYS, **more):
    constants = CONSTANTS | {"INNKEEPER_SECRET_ARN": ARN}
    return run(*steps, constants=constants, plugins=(MAIL, SECRETS), http=list(http), env=env, **more)


def test_a_rotated_password_arrives_by_itself():
    """G5"""
    values, _, state = secret(["send", {}], ["mailer"], ["send", {}])
    assert (values[1]["Username"], values[1]["Password"]) == ("AKIAROTATED", "rotated-password")
    assert values[1]["Host"] == CONSTANTS["INNKEEPER_SMTP_HOST"]
    assert len(state["asked"]) == 1, "the second mail uses what is cached"


def test_the_cached_secret_is_encrypted():
    """G8"""
    _, _, state = secret(["send", {}])
    assert isinstance(state["transients"]["innkeeper_mail_secret"], str)
    assert "rotated-password" not in json.dumps(state)


def test_a_refused_password_is_read_anew():
    _, _, state = secret(["send", {}, REFUSED], ["send", {}], http=(ANSWER, ANSWER))
    assert len(state["asked"]) == 2


@pytest.mark.parametrize("answer", [[400, "{}"], [200, "{}"], [200, "no json"], [200, '{"SecretString": "[]"}'], []])
def test_a_secret_out_of_reach_leaves_the_constants_and_is_not_asked_for_with_every_mail(answer):
    values, _, state = secret(["send", {}], ["mailer"], ["send", {}], http=(answer,))
    assert (values[1]["Username"], values[1]["Password"]) == ("AKIAEXAMPLE", PASSWORD)
    assert len(state["asked"]) == 1


def test_the_hosts_role_is_used_where_the_environment_has_no_keys():
    role = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "s", "Token": "t"}
    values, _, state = secret(
        ["send", {}], ["mailer"], env={}, http=([200, "token-1"], [200, "web-role"], [200, json.dumps(role)], ANSWER)
    )
    assert values[1]["Username"] == "AKIAROTATED"
    assert [(one["method"], one["url"]) for one in state["asked"]] == [
        ("PUT", "http://169.254.169.254/latest/api/token"),
        ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"),
        ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/web-role"),
        ("POST", "https://secretsmanager.eu-west-1.amazonaws.com/"),
    ]
    assert state["asked"][1]["headers"] == {"X-aws-ec2-metadata-token": "token-1"}
    assert "Credential=ASIAROLE/" in state["asked"][3]["headers"]["authorization"]


@pytest.mark.parametrize(
    "http",
    [([404, ""],), ([],), ([200, "t"], [404, ""]), ([200, "t"], [200, ""]), ([200, "t"], [200, "r"], [200, "{}"])],
)
def test_a_host_without_role_uses_the_constants(http):
    assert secret(["send", {}], ["mailer"], env={}, http=http)[0][1]["Username"] == "AKIAEXAMPLE"


@pytest.mark.parametrize("token", ["", "session-token"])
def test_requests_are_signed_as_botocore_signs_them(token, monkeypatch):
    now, host, body = (
        datetime(2026, 11, 23, 4, 12, 5, tzinfo=UTC),
        "secretsmanager.eu-west-1.amazonaws.com",
        '{"SecretId":"x"}',
    )
    keys = {"id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token": token}
    target = "secretsmanager.GetSecretValue"
    steps = ["Innkeeper\\Secrets\\sign", host, "eu-west-1", "secretsmanager", target, body, keys,
             int(now.timestamp())]  # fmt: skip
    ours = run(steps, plugins=(MAIL, SECRETS))[0][0]
    request = AWSRequest("POST", f"https://{host}/", data=body, headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue", "Host": host,
    })  # fmt: skip
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_: now, raising=False)
    SigV4Auth(Credentials(keys["id"], keys["secret"], token or None), "secretsmanager", "eu-west-1").add_auth(request)
    if request.headers["X-Amz-Date"] != ours["x-amz-date"]:
        pytest.fail("botocore's clock could not be set: the comparison means nothing")
    assert ours["authorization"] == request.headers["Authorization"]
