"""What SES takes out of a message, and what it finds in it."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.sandbox.mime import EICAR, as_delivered, has_virus


def test_the_test_file_is_the_public_one():
    assert len(EICAR) == 68


def nested():
    inner = EmailMessage()
    inner.set_content("see attachment")
    inner.add_attachment(EICAR, maintype="application", subtype="zip", filename="a.zip")
    outer = EmailMessage()
    outer.set_content("forwarded")
    outer.add_attachment(inner)
    return outer.as_bytes()


def quoted():
    text = EICAR.replace(b"=", b"=3D").replace(b"$H+H*", b"=\r\n$H+H*")
    return b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + text


@pytest.mark.parametrize(
    "raw", [nested(), quoted(), b"\r\n" + EICAR], ids=["nested base64", "quoted-printable", "plain"]
)
def test_a_virus_is_found_in_every_encoding(raw):
    assert has_virus(raw)


@given(st.binary(max_size=300))
def test_other_bytes_are_no_virus_and_their_body_arrives_whole(body):
    raw = b"From: a@b\r\nX-SES-TENANT: t\r\n\r\n" + body
    assert not has_virus(raw)
    assert as_delivered(raw, "id", "eu-west-1") == (
        b"From: a@b\r\nMessage-ID: <id@eu-west-1.amazonses.com>\r\n\r\n" + body
    )


def test_own_headers_go_with_their_folded_lines():
    raw = (
        b"x-ses-message-tags: a=b,\r\n c=d\r\nFrom: a@b\r\nBcc: x@y,\r\n\tz@y\r\nSubject: X-SES-TENANT: no\r\n"
        b"Message-Id: <old>\r\n\r\nX-SES-TENANT: body\r\n"
    )
    assert as_delivered(raw, "id", "us-east-1") == (
        b"From: a@b\r\nSubject: X-SES-TENANT: no\r\nMessage-ID: <id@email.amazonses.com>\r\n\r\nX-SES-TENANT: body\r\n"
    )
