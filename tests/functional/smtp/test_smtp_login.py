"""Who gets in: TLS first, then an active key with the password of this Region."""

import base64
import smtplib
import ssl

import pytest

from provisioner.onboarding.smtp_password import derive
from provisioner.sandbox.smtp import SmtpEndpoint


def test_login_plain_over_starttls(bakery):
    with bakery.session(login=False) as client:
        assert client.ehlo()[0] == 250
        assert set(client.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN"}
        client.user, client.password = bakery.key, bakery.password
        assert client.auth("PLAIN", client.auth_plain) == (235, b"Authentication successful.")


def test_login_over_the_tls_wrapper_port(bakery, aws):
    context = ssl.create_default_context(cafile=str(aws.ca_file))
    with smtplib.SMTP_SSL(aws.smtp_host, aws.smtps_port, timeout=10, context=context) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        client.user, client.password = bakery.key, bakery.password
        assert client.auth("LOGIN", client.auth_login)[0] == 235


@pytest.mark.parametrize("word", ["AUTH LOGIN", "auth login"])
def test_login_in_steps_as_phpmailer_does_it(bakery, word):
    with bakery.session(login=False) as client:
        client.ehlo()
        assert client.docmd(word) == (334, base64.b64encode(b"Username:"))
        assert client.docmd(base64.b64encode(bakery.key.encode()).decode()) == (334, base64.b64encode(b"Password:"))
        assert client.docmd(base64.b64encode(bakery.password.encode()).decode())[0] == 235


def test_the_certificate_is_checked_against_the_exported_authority(aws):
    client = smtplib.SMTP(aws.smtp_host, aws.smtp_port, timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())
    client.close()


def test_login_is_recorded_as_the_keys_last_use(bakery):
    bakery.session().quit()
    used = bakery.client("iam").get_access_key_last_used(AccessKeyId=bakery.key)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ses", "eu-west-1")


def test_nothing_but_starttls_before_tls(bakery):
    with bakery.session(login=False, tls=False) as client:
        client.ehlo()
        assert "auth" not in client.esmtp_features
        plain = base64.b64encode(f"\0{bakery.key}\0{bakery.password}".encode()).decode()
        for command in (f"AUTH PLAIN {plain}", "MAIL FROM:<shop@bakery.example>"):
            assert client.docmd(command) == (530, b"Must issue a STARTTLS command first")


def test_no_mail_without_login(bakery):
    with bakery.session(login=False) as client:
        client.ehlo()
        assert client.mail("shop@bakery.example") == (530, b"Authentication required")


def wrong_password(site):
    return site.key, "B" + "x" * 43


def raw_secret(site):
    return site.key, site.secret


def other_region(site):
    return site.key, derive(site.secret, "us-east-1")  # D18: a password of another Region's endpoint


def unknown_key(site):
    return "AKIA0000000000000000", site.password


def not_ascii(site):
    return site.key, "pässword"


@pytest.mark.parametrize("credentials", [wrong_password, raw_secret, other_region, unknown_key, not_ascii])
def test_wrong_credentials(bakery, credentials):
    name, password = credentials(bakery)
    with bakery.session(login=False) as client:
        client.ehlo()
        secret = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        assert client.docmd(f"AUTH PLAIN {secret}") == (535, b"Authentication Credentials Invalid")


def test_another_tenants_password(bakery, florist):
    with bakery.session(login=False) as client, pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
        client.login(bakery.key, florist.password)


def test_inactive_key_and_second_key(bakery):
    """D18: with both keys inactive neither gets in; each key has its own password."""
    iam = bakery.client("iam")
    second = iam.create_access_key(UserName=bakery.user)["AccessKey"]
    keys = {bakery.key: bakery.password, second["AccessKeyId"]: derive(second["SecretAccessKey"], "eu-west-1")}
    try:
        for status, expected in (("Active", True), ("Inactive", False), ("Active", True)):
            for key in keys:
                iam.update_access_key(UserName=bakery.user, AccessKeyId=key, Status=status)
            assert [can_log_in(bakery, *pair) for pair in keys.items()] == [expected, expected]
    finally:
        iam.delete_access_key(UserName=bakery.user, AccessKeyId=second["AccessKeyId"])
    assert not can_log_in(bakery, second["AccessKeyId"], keys[second["AccessKeyId"]])


def can_log_in(site, key, password):
    with site.session(login=False) as client:
        client.ehlo()
        secret = base64.b64encode(f"\0{key}\0{password}".encode()).decode()
        return {235: True, 535: False}[client.docmd(f"AUTH PLAIN {secret}")[0]]


def test_an_idle_client_is_told_and_dropped(tmp_path, aws):
    with SmtpEndpoint("210987654321", "eu-west-1", tmp_path, idle_seconds=0.2) as endpoint:
        client = smtplib.SMTP(endpoint.host, endpoint.starttls_port, timeout=5)
        assert client.getreply() == (451, b"Timeout waiting for data from client.")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.getreply()
        client.close()


def test_several_endpoints_stop_cleanly_and_start_again(tmp_path, bakery):
    first, second = (SmtpEndpoint("210987654321", "eu-west-1", tmp_path / n).start() for n in ("one", "two"))
    assert len({first.starttls_port, first.tls_port, second.starttls_port, second.tls_port}) == 4
    client = smtplib.SMTP(first.host, first.starttls_port, timeout=5)
    first.stop()
    first.stop()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(first.host, first.starttls_port, timeout=5)
    with first:
        assert smtplib.SMTP(first.host, first.starttls_port, timeout=5).quit()[0] == 221
    second.stop()
