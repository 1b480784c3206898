"""Programs that other people wrote log in and send, with a tenant's credentials as we print them."""

import contextlib
import os
import shutil
import smtplib
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path

import msgspec
import pytest
from conduct_house import House

from provisioner.aws.clients import Clients
from provisioner.conduct import operator
from provisioner.model.standing import State
from provisioner.onboarding.credentials import SUBMISSION_PORT, read_secret, smtp_host
from provisioner.sandbox import Sandbox
from provisioner.wordpress import credentials_of, render_credentials

DAYS = (datetime(2026, 11, 25, 8, 0, tzinfo=UTC) + timedelta(days=n) for n in count())
WRAPPED_PORT = 465
TLS = pytest.mark.parametrize("wrapped", [False, True], ids=["starttls", "tls"])
GUEST = "guest@mailbox.test"

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def house():
    with Sandbox() as aws:
        made = House(aws, Clients(aws.session(), region=aws.region, pacer=None))
        made.build()
        yield made


@pytest.fixture(scope="module")
def tenant(house):
    return house.tenant("bakery")


@pytest.fixture
def printed(house, tenant):
    """What ``innkeeper credentials bakery --as FORM --reveal`` prints, for real SES."""

    def in_form(form, *, wrapped=False, **changes):
        secret = read_secret(house.wiring.secrets.get(tenant.secret))
        values = credentials_of(
            tenant,
            host=smtp_host(tenant.region),
            port=WRAPPED_PORT if wrapped else SUBMISSION_PORT,
            username=secret.username,
            password=secret.password,
        )
        return render_credentials(msgspec.structs.replace(values, **changes), form, reveal=True)

    return in_form


def here(text, house, *, wrapped):
    """The same lines for the embedded SES: another host and port, and nothing else but its certificate (msmtp)."""
    port = house.aws.smtps_port if wrapped else house.aws.smtp_port
    changes = (
        (f"host {smtp_host(house.aws.region)}\n", f"host {house.aws.smtp_host}\n"),
        (f"port {WRAPPED_PORT if wrapped else SUBMISSION_PORT}\n", f"port {port}\n"),
        ("tls_trust_file system\n", f"tls_trust_file {house.aws.ca_file}\n"),
    )
    for ours, theirs in changes:
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    return text


def private(path, text):
    """A file that only its owner reads, as msmtp demands."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


class Outcome:
    """How a program ended, and every command line that /proc showed of it while it ran."""

    def __init__(self, arguments, text="", **environment):
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **environment},
        )  # fmt: skip
        self.command_lines = set()
        watch = threading.Thread(target=self._watch, args=(process,))
        watch.start()
        self.said, _ = process.communicate(text, timeout=60)
        self.code = process.returncode
        watch.join()

    def _watch(self, process):
        """A program may change its own command line at any time, so look again and again."""
        while process.returncode is None:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended just now
                self.command_lines.add(Path(f"/proc/{process.pid}/cmdline").read_bytes())
            time.sleep(0.002)


class Msmtp:
    """msmtp with the file that we print."""

    refused = "authentication failed"

    def __init__(self, house, printed, folder):
        self.house, self.printed, self.folder = house, printed, folder

    def send(self, subject, *, wrapped=False, headers="", **changes):
        lines = here(self.printed("msmtp", wrapped=wrapped, **changes), self.house, wrapped=wrapped)
        settings = private(self.folder / "msmtprc", lines)
        mail = f"From: wordpress@bakery.example\nTo: {GUEST}\nSubject: {subject}\n{headers}\nBuns.\n"
        return Outcome(["msmtp", f"--file={settings}", "--read-envelope-from", GUEST], mail)


class Swaks:
    """swaks with the values of the form for people, the password in a file for options."""

    refused = "Authentication Credentials Invalid"

    def __init__(self, house, printed, folder):
        self.house, self.printed, self.folder = house, printed, folder

    def send(self, subject, *, wrapped=False, headers="", **changes):
        values = msgspec.json.decode(self.printed("json", wrapped=wrapped, **changes))
        secrets = private(
            self.folder / "swaksrc", f"auth-user {values['username']}\nauth-password {values['password']}\n"
        )
        aws = self.house.aws
        port, tls = (aws.smtps_port, "--tls-on-connect") if wrapped else (aws.smtp_port, "--tls")
        mail = f"From: {values['from_address']}\nTo: {GUEST}\nSubject: {subject}\n{headers}\nBuns.\n"
        return Outcome(
            ["swaks", "--config", str(secrets), "--server", aws.smtp_host, "--port", str(port), tls,
             "--tls-verify", "--tls-ca-path", str(aws.ca_file), "--auth", "LOGIN", "--auth-hide-password",
             "--timeout", "20", "--from", values["from_address"], "--to", GUEST, "--data", "-"],
            mail,
        )  # fmt: skip


def usable(program):
    if shutil.which(program) is None:
        return False
    # swaks knows no TLS without a Perl library that is a package of its own.
    if program == "swaks":
        support = subprocess.run([program, "--support"], capture_output=True, text=True, check=False)
        return "TLS supported" in support.stdout
    return True


CLIENTS = {"msmtp": Msmtp, "swaks": Swaks}


@pytest.fixture(params=CLIENTS)
def client(request, house, printed, tmp_path):
    if not usable(request.param):
        pytest.skip(f"no {request.param} with TLS here, NOT tested (scripts/e2e installs it)")
    return CLIENTS[request.param](house, printed, tmp_path)


@pytest.fixture
def mails(house):
    """The mails that left since the test began, parsed."""
    start = len(house.aws.mailbox)
    return lambda: [message_from_bytes(mail.raw, policy=default) for mail in house.aws.mailbox[start:]]


@TLS
def test_a_mail_goes_out(client, mails, house, tenant, wrapped):
    done = client.send("Your order", wrapped=wrapped, headers=f"X-SES-TENANT: {tenant.ses_tenant}\n")
    assert done.code == 0, done.said
    (mail,) = mails()
    assert (mail["Subject"], mail["To"], mail.get_content().strip()) == ("Your order", GUEST, "Buns.")
    assert mail["X-SES-TENANT"] is None
    accepted = house.aws.accepted[-1]
    assert (accepted.caller, accepted.tenant) == (tenant.user, tenant.ses_tenant)
    assert accepted.configuration_set == tenant.configuration_set
    assert accepted.tls_version


def test_no_command_line_holds_the_password(client, house, tenant):
    """G1: every user of a machine reads the command lines of all."""
    password = read_secret(house.wiring.secrets.get(tenant.secret)).password
    done = client.send("Your order")
    assert done.code == 0, done.said
    assert any(GUEST.encode() in line for line in done.command_lines)
    assert not any(password.encode() in line for line in done.command_lines)
    assert password not in done.said


@TLS
def test_a_wrong_password_is_refused_and_not_repeated(client, mails, wrapped):
    done = client.send("Your order", wrapped=wrapped, password="B-not-the-password")
    assert done.code != 0
    assert client.refused in done.said
    assert "535" in done.said
    assert "B-not-the-password" not in done.said
    assert mails() == []


def test_a_suspended_tenant_is_refused_and_a_reinstated_one_is_not(client, mails, house):
    now = next(DAYS)
    operator.suspend("bakery", house.outside, now, by="Ann", reason="the site was broken into")
    try:
        done = client.send("Your order")
        assert done.code != 0
        assert client.refused in done.said
        assert [mail for mail in mails() if mail["Subject"] == "Your order"] == []
    finally:
        back = operator.reinstate("bakery", house.outside, now + timedelta(hours=1), by="Ann", reason="cleaned")
    assert back.after.state is State.GOOD
    assert client.send("We are back").code == 0
    assert mails()[-1]["Subject"] == "We are back"


def test_a_suspension_half_in_force_shows_the_words_of_ses(client, house, tenant):
    """While a suspension is only half in force the key still logs in; the mail is refused all the same."""
    levers = house.outside.levers
    levers.set_sending(tenant, enabled=False)
    try:
        done = client.send("Your order")
    finally:
        levers.set_sending(tenant, enabled=True)
    assert done.code != 0
    assert f"Sending is paused for configuration set {tenant.configuration_set}" in done.said


def test_a_server_with_another_certificate_gets_no_password(client, house, tmp_path):
    """The printed settings verify the server: whoever stands in between learns nothing."""
    other = Sandbox(tmp_path / "other")
    with other:
        house.aws, genuine = _Masked(house.aws, other.ca_file), house.aws
        try:
            done = client.send("Your order")
        finally:
            house.aws = genuine
    assert done.code != 0
    assert "certificate" in done.said.lower() or "verif" in done.said.lower()


class _Masked:
    """The embedded AWS, seen by somebody who trusts another authority."""

    def __init__(self, aws, ca_file):
        self._aws, self.ca_file = aws, ca_file

    def __getattr__(self, name):
        return getattr(self._aws, name)


@TLS
def test_python_sends_too(house, tenant, printed, mails, wrapped):
    values = msgspec.json.decode(printed("json", wrapped=wrapped))
    aws, context = house.aws, ssl.create_default_context(cafile=str(house.aws.ca_file))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = values["from_address"], GUEST, "Grüße 🥐"
    message["X-SES-TENANT"] = values["tenant"]
    message.set_content("Buns.")
    if wrapped:
        connection = smtplib.SMTP_SSL(aws.smtp_host, aws.smtps_port, timeout=20, context=context)
    else:
        connection = smtplib.SMTP(aws.smtp_host, aws.smtp_port, timeout=20)
    with connection as smtp:
        if not wrapped:
            smtp.starttls(context=context)
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            smtp.login(values["username"], "B-not-the-password")
    with (
        smtplib.SMTP_SSL(aws.smtp_host, aws.smtps_port, timeout=20, context=context)
        if wrapped
        else smtplib.SMTP(aws.smtp_host, aws.smtp_port, timeout=20)
    ) as smtp:
        if not wrapped:
            smtp.starttls(context=context)
        smtp.login(values["username"], values["password"])
        smtp.send_message(message)
    (mail,) = mails()
    assert mail["Subject"] == "Grüße 🥐"
