"""No platform, no credentials, wrong ones, no network: one line each, with a cure."""

import io

import pytest
from botocore.awsrequest import AWSResponse


class Body(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self):
        yield self.read()


@pytest.mark.parametrize(
    "command", [("status",), ("audit", "--dry-run"), ("suspend", "bakery", "--reason", "x", "--yes"), ("plan",)]
)
def test_no_platform_yet(empty, ink, command):
    assert "there is no platform 'inn' in account" in (line := ink.fails(*command))
    assert line.endswith("make it first: innkeeper platform")


@pytest.mark.parametrize(
    ("environment", "arguments", "words", "cure"),
    [
        ({}, (), "there are no AWS credentials", "log in to AWS, or set AWS_PROFILE"),
        ({"AWS_PROFILE": "nobody"}, (), "profile (nobody) could not be found", "aws configure list-profiles"),
        ({}, ("--profile", "nobody"), "profile (nobody) could not be found", "aws configure list-profiles"),
        ({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, (),
         "no answer from AWS", "look at the network"),
    ],
    ids=["no-credentials", "wrong-profile", "wrong-profile-option", "no-network"],
)  # fmt: skip
def test_aws_cannot_be_reached(ink, monkeypatch, tmp_path, environment, arguments, words, cure):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    line = ink.fails("status", *arguments)
    assert words in line
    assert cure in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("ExpiredToken", "log in again"),
        ("InvalidClientTokenId", "look at AWS_PROFILE"),
        ("AccessDenied", "the permission for GetCallerIdentity"),
    ],
)
def test_aws_refuses_the_caller(pointed, shared_clients, ink, monkeypatch, code, cure):
    """Said by AWS's own error document, through botocore and the adapter."""

    def refuse(request, **_):
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        return AWSResponse(request.url, 403, {}, Body(body.encode()))

    events = shared_clients["sts"].meta.events
    events.register("before-send.sts", refuse)
    try:
        line = ink.fails("status")
    finally:
        events.unregister("before-send.sts", refuse)
    assert code in line
    assert cure in line
