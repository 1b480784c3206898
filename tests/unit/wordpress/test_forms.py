import configparser
import io
import json
import os
import shlex
import shutil
import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_hostile import HOSTILE

from provisioner.errors import InnkeeperError
from provisioner.wordpress.forms import FORMS, HIDDEN, SmtpCredentials, php, render_credentials

PASSWORD = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
VALUES = SmtpCredentials(
    host="email-smtp.eu-west-1.amazonaws.com",
    port=587,
    username="AKIAEXAMPLE",
    password=PASSWORD,
    from_address="wordpress@bakery-huber.example",
    from_name="Bakery O'Huber & Söhne",
    tenant="innkeeper-bakery",
    configuration_set="innkeeper-bakery",
)
PRINTABLE = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)


def changed(**values):
    return msgspec.structs.replace(VALUES, **values)


def unquote_php(literal):
    """What PHP makes of a single-quoted string."""
    assert literal[0] == literal[-1] == "'"
    out, body = [], iter(literal[1:-1])
    for char in body:
        assert char != "'", "the string ends early"
        if char != "\\":
            out.append(char)
            continue
        following = next(body)
        out.append(following if following in "\\'" else f"\\{following}")
    return "".join(out)


def read_defines(text):
    found = {}
    for line in text.splitlines():
        if line.startswith("define( "):
            name, _, value = line.removeprefix("define( ").removesuffix(" );").partition(", ")
            found[unquote_php(name)] = unquote_php(value) if value[0] == "'" else json.loads(value)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_the_password_is_shown_only_when_asked_for(form):
    """G8"""
    assert PASSWORD not in render_credentials(VALUES, form, reveal=False)
    assert HIDDEN in render_credentials(VALUES, form, reveal=False)
    assert PASSWORD in render_credentials(VALUES, form, reveal=True)


def test_repr_hides_the_password():
    """G8"""
    assert PASSWORD not in f"{VALUES!r} {VALUES}"


@pytest.mark.parametrize("form", FORMS)
def test_errors_hold_no_value(form):
    """G8"""
    with pytest.raises(InnkeeperError, match="password holds a control character") as caught:
        render_credentials(changed(password="secret\n"), form, reveal=True)
    assert "secret" not in str(caught.value)


def test_an_unknown_form_names_the_known_ones():
    with pytest.raises(InnkeeperError, match="wp-config"):
        render_credentials(VALUES, "perl", reveal=False)


def test_the_plugins_constants():
    assert read_defines(render_credentials(VALUES, "wp-config", reveal=True)) == {
        "INNKEEPER_SMTP_HOST": VALUES.host,
        "INNKEEPER_SMTP_PORT": 587,
        "INNKEEPER_SMTP_USER": "AKIAEXAMPLE",
        "INNKEEPER_SMTP_PASSWORD": PASSWORD,
        "INNKEEPER_SMTP_FROM": "wordpress@bakery-huber.example",
        "INNKEEPER_SMTP_FROM_NAME": "Bakery O'Huber & Söhne",
        "INNKEEPER_SMTP_TENANT": "innkeeper-bakery",
        "INNKEEPER_SMTP_CONFIGURATION_SET": "innkeeper-bakery",
    }


def test_a_site_without_ses_tenant_names_none():
    assert "TENANT" not in render_credentials(changed(tenant=""), "wp-config", reveal=False)


@pytest.mark.parametrize(
    ("port", "wpms", "starttls", "wrapper"),
    [(587, "tls", "on", False), (465, "ssl", "off", True), (2465, "ssl", "off", True)],
)
def test_the_port_decides_how_tls_begins(port, wpms, starttls, wrapper):
    values = changed(port=port)
    assert read_defines(render_credentials(values, "wp-mail-smtp", reveal=True))["WPMS_SSL"] == wpms
    assert f"tls_starttls {starttls}\n" in render_credentials(values, "msmtp", reveal=True)
    assert ("smtp_tls_wrappermode = yes" in render_credentials(values, "postfix", reveal=True)) is wrapper


@given(PRINTABLE)
def test_php_strings_come_out_as_they_went_in(text):
    """F6, M6"""
    assert unquote_php(php(text)) == text


@given(name=PRINTABLE, password=PRINTABLE)
def test_every_quoted_form_gives_back_what_went_in(name, password):
    """M6"""
    values = changed(from_name=name, password=password)
    defines = read_defines(render_credentials(values, "wp-config", reveal=True))
    assert (defines["INNKEEPER_SMTP_FROM_NAME"], defines["INNKEEPER_SMTP_PASSWORD"]) == (name, password)
    assert json.loads(render_credentials(values, "json", reveal=True)) == msgspec.to_builtins(values)
    for line in render_credentials(values, "wp-cli", reveal=True).splitlines():
        words = shlex.split(line, comments=True)
        assert words[:3] == ["wp", "config", "set"]
        if words[3] == "INNKEEPER_SMTP_FROM_NAME" and not name.startswith("--"):
            assert words[4:] == [name]
        if words[3] == "INNKEEPER_SMTP_PASSWORD":
            assert words[4:] == ["--prompt=value"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_are_refused_or_harmless(form, text):
    """M6: a form either refuses the text, or holds it on one line that starts nothing new."""
    try:
        shown = render_credentials(changed(from_name=text, tenant="t"), form, reveal=False)
        plain = render_credentials(changed(from_name="x", tenant="t"), form, reveal=False)
    except InnkeeperError:
        return
    assert len(shown.splitlines()) == len(plain.splitlines())
    assert not set(shown) & set("\x00\x07\x1b\r\x9b")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["msmtp", "postfix"])
def test_files_without_quoting_refuse_what_they_cannot_hold(form, text):
    try:
        shown = render_credentials(changed(password=text), form, reveal=True)
    except InnkeeperError:
        return
    assert text in shown
    assert not set(text) & set(" \"'#\\\n\r")


def test_a_comment_cannot_be_closed_from_inside():
    text = render_credentials(changed(from_name="*/ system('id'); /*"), "fluentsmtp", reveal=False)
    assert text.count("*/") == 1


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell on this machine")
@pytest.mark.parametrize("name", ["O'Huber", 'a"b', "$(id) `id` $HOME", "back\\slash", "100% \\n", "=1+1"])
def test_a_shell_reads_the_env_file_back(name, tmp_path):
    path = tmp_path / "mail.env"
    path.write_text(render_credentials(changed(from_name=name), "env", reveal=True), encoding="utf-8")
    read = 'set -a; . "$0"; printf "%s" "$INNKEEPER_SMTP_FROM_NAME"'
    shown = subprocess.run(
        ["sh", "-c", read, str(path)], capture_output=True, text=True, check=True, env={"PATH": os.defpath}
    )
    assert shown.stdout == name


def test_msmtp_reads_as_keys_and_values():
    text = render_credentials(VALUES, "msmtp", reveal=True)
    pairs = dict(line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#") and " " in line)
    assert (pairs["host"], pairs["port"], pairs["user"], pairs["password"]) == (
        VALUES.host, "587", VALUES.username, PASSWORD,
    )  # fmt: skip


def test_postfix_names_the_tenant_and_checks_certificates():
    main, _, rest = render_credentials(VALUES, "postfix", reveal=True).partition("# /etc/postfix/innkeeper_headers")
    parser = configparser.ConfigParser()
    parser.read_file(io.StringIO("[main]\n" + main))
    assert parser["main"]["relayhost"] == f"[{VALUES.host}]:587"
    assert parser["main"]["smtp_tls_security_level"] == "secure"
    assert "PREPEND X-SES-TENANT: innkeeper-bakery" in rest
