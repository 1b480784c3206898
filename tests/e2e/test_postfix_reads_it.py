"""Postfix itself reads the lines that we print for it. It is not started: its own tools say what it understood."""

import shutil
import subprocess

import pytest

from provisioner.wordpress.forms import SmtpCredentials, render_credentials

SBIN = "/usr/sbin:/usr/bin:/bin:/usr/local/sbin"
HOST = "email-smtp.eu-central-1.amazonaws.com"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        any(shutil.which(tool, path=SBIN) is None for tool in ("postconf", "postmap")),
        reason="no Postfix here, its lines NOT tested (scripts/e2e does not install it: it would start a mail server)",
    ),
]


def credentials(**changes):
    values = {
        "host": HOST,
        "port": 587,
        "username": "AKIAEXAMPLE",
        "password": "BM+a/b=c$d{e}",
        "from_address": "wordpress@bakery.example",
        "from_name": "Bakery",
        "tenant": "inn-bakery",
    }
    return SmtpCredentials(**(values | changes))


@pytest.fixture
def folder(tmp_path):
    """Write each printed part into the file that its heading names; a folder as Postfix has it in /etc."""

    def write(values):
        heading = "# /etc/postfix/"
        for part in render_credentials(values, "postfix", reveal=True).split(heading)[1:]:
            name, _, lines = part.partition("\n")
            (tmp_path / name.split()[0]).write_text(lines)
        (tmp_path / "master.cf").write_text("smtp unix - - n - - smtp\n")
        return tmp_path

    return write


def tool(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, env={"PATH": SBIN}, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.rstrip("\n")


@pytest.mark.parametrize(("port", "wrapped"), [(587, "no"), (465, "yes")])
def test_postfix_knows_every_parameter(folder, port, wrapped):
    path = folder(credentials(port=port))
    shown = dict(line.split(" = ", 1) for line in tool("postconf", "-c", str(path), "-n").splitlines())
    written = [line.split(" = ")[0] for line in (path / "main.cf").read_text().splitlines() if " = " in line]
    assert set(written) <= set(shown)
    assert shown["relayhost"] == f"[{HOST}]:{port}"
    assert shown["smtp_tls_security_level"] == "secure"
    assert tool("postconf", "-c", str(path), "-h", "smtp_tls_wrappermode") == wrapped


@pytest.mark.parametrize("password", ["BM+a/b=c$d{e}", "B:with:colons", "Bwith%percent"])
def test_the_password_is_found_whole_under_the_relays_name(folder, password):
    path = folder(credentials(password=password))
    tool("postmap", "-c", str(path), f"hash:{path}/sasl_passwd")
    found = tool("postmap", "-c", str(path), "-q", f"[{HOST}]:587", f"hash:{path}/sasl_passwd")
    assert found == f"AKIAEXAMPLE:{password}"


@pytest.mark.parametrize("header", ["From: Bakery <wordpress@bakery.example>", "from: wordpress@bakery.example"])
def test_every_mail_names_its_ses_tenant(folder, header):
    path = folder(credentials())
    found = tool("postmap", "-c", str(path), "-q", header, f"regexp:{path}/innkeeper_headers")
    assert found == "PREPEND X-SES-TENANT: inn-bakery"


def test_without_an_ses_tenant_no_header_is_added(folder):
    path = folder(credentials(tenant=""))
    assert not (path / "innkeeper_headers").exists()
    assert "header_checks" not in tool("postconf", "-c", str(path), "-n")
