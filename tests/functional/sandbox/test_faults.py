"""Faults on purpose: M7 on the server, M1 in the client."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from provisioner.sandbox import CallFaults, Crash, crash_points


@pytest.fixture
def once(aws):
    """A client that does not try again."""
    return aws.session().client("sesv2", config=Config(retries={"total_max_attempts": 1}))


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttled", 429, "TooManyRequestsException"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("denied", 403, "AccessDeniedException"),
        ("timeout", 504, "GatewayTimeout"),
    ],
)
def test_m7_an_operation_fails_as_often_as_asked_and_then_works(aws, once, kind, status, code):
    aws.faults.add("sesv2", "CreateTenant", kind, times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            once.create_tenant(TenantName="bakery")
        answer = refused.value.response
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    once.get_account()
    once.create_tenant(TenantName="bakery")
    assert aws.faults.calls.count("sesv2 CreateTenant") == 3


def test_m7_a_lost_reply_took_effect(aws, once):
    aws.faults.add("sesv2", "CreateTenant", "lost")
    with pytest.raises(ClientError, match="lost"):
        once.create_tenant(TenantName="bakery")
    assert list(aws.ses.tenants) == ["bakery"]


@pytest.mark.parametrize("service", ["s3", "sqs", "iam", "route53", "sns", "secretsmanager"])
def test_m7_every_protocol_shows_the_refusal(aws, code_of, service):
    calls = {
        "s3": "list_buckets",
        "sqs": "list_queues",
        "iam": "list_users",
        "route53": "list_hosted_zones",
        "sns": "list_topics",
        "secretsmanager": "list_secrets",
    }
    aws.faults.add(service, "*", "denied", times=None)
    code = code_of(getattr(aws.client(service), calls[service]))
    assert code in ("AccessDenied", "AccessDeniedException")


def use_case(client):
    """Three calls, each harmless to repeat."""
    for name in ("a", "b", "c"):
        try:
            client.create_tenant(TenantName=name)
        except client.exceptions.AlreadyExistsException:
            continue


def test_m1_a_client_dies_at_every_call_and_a_second_run_finishes(aws):
    left = []
    for faults in crash_points(3):
        aws.reset()
        client = aws.client("sesv2")
        faults.attach(client)
        with pytest.raises(Crash):
            use_case(client)
        left.append(len(aws.ses.tenants))
        use_case(aws.client("sesv2"))
        assert list(aws.ses.tenants) == ["a", "b", "c"]
    assert left == [0, 1, 1, 2, 2, 3]


def test_m1_the_calls_are_written_down(aws):
    client = aws.client("sesv2")
    faults = CallFaults(only=lambda call: call.operation == "CreateTenant").attach(client)
    use_case(client)
    client.get_account()
    assert [str(call) for call in faults.calls] == ["sesv2 CreateTenant"] * 3
