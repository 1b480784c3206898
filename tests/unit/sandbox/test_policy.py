"""Who, does what, on which resource, from which address -> allow or deny."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.sandbox.policy import (
    PolicyError,
    Principal,
    evaluate,
    evaluate_resource_policy,
    parse,
)

SES = "arn:aws:ses:eu-west-1:123456789012:"
IDENTITY, OTHER = SES + "identity/bakery.example", SES + "identity/florist.example"
SET, OTHER_SET = SES + "configuration-set/inn-bakery", SES + "configuration-set/inn-florist"
SEND = "ses:SendRawEmail"


def policy(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def allow(action=SEND, resource=(IDENTITY, SET), **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resource)}
    return statement | ({"Condition": condition} if condition else {})


def deny(action="ses:*", resource="*", **condition):
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


TENANT = policy(allow())
BOUNDARY = policy(allow(resource=["*"]))
FROM_WEB = {"aws:SourceIp": "192.0.2.10", "aws:SecureTransport": True, "aws:username": "inn-bakery-smtp"}
MAIL = FROM_WEB | {"ses:FromAddress": "shop@bakery.example", "ses:Recipients": ["a@gmail.com", "b@example.net"]}

ALLOW, DENY, EXPLICIT = (True, False), (False, False), (False, True)

CASES = {
    "the tenant, its own identity": ([TENANT], None, SEND, IDENTITY, MAIL, ALLOW),
    "the tenant, its own set": ([TENANT], None, SEND, SET, MAIL, ALLOW),
    "the tenant, another's identity": ([TENANT], None, SEND, OTHER, MAIL, DENY),
    "the tenant, another's set": ([TENANT], None, SEND, OTHER_SET, MAIL, DENY),
    "the tenant, by the API": ([TENANT], None, "ses:SendEmail", IDENTITY, MAIL, DENY),
    "actions ignore case": ([TENANT], None, "SES:sendrawemail", IDENTITY, MAIL, ALLOW),
    "resources do not": ([TENANT], None, SEND, SES + "identity/Bakery.example", MAIL, DENY),
    "no policy at all": ([], None, SEND, IDENTITY, MAIL, DENY),
    "allowed within the boundary": ([TENANT], BOUNDARY, SEND, IDENTITY, MAIL, ALLOW),
    "administrator within the boundary": (
        [policy(allow("*", ["*"]))], BOUNDARY, "s3:GetObject", "arn:aws:s3:::b", MAIL, DENY),
    "a boundary grants nothing": ([], BOUNDARY, SEND, IDENTITY, MAIL, DENY),
    "a boundary may deny": ([TENANT], policy(allow("*", ["*"]), deny()), SEND, IDENTITY, MAIL, EXPLICIT),
    "suspended": ([TENANT, policy(deny())], None, SEND, IDENTITY, MAIL, EXPLICIT),
    "deny wins in any order": ([policy(deny()), TENANT], None, SEND, IDENTITY, MAIL, EXPLICIT),
    "one action under a wildcard": ([policy(allow("ses:Send*"))], None, SEND, IDENTITY, MAIL, ALLOW),
    "one character under a wildcard": ([policy(allow("ses:SendRawEmai?"))], None, SEND, IDENTITY, MAIL, ALLOW),
    "a set under a wildcard": (
        [policy(allow(resource=[SES + "configuration-set/inn-*"]))], None, SEND, OTHER_SET, MAIL, ALLOW),
    "all but this action": (
        [policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})], None, SEND, IDENTITY, MAIL, ALLOW),
    "all but this action, asked for it": (
        [policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})], None, "iam:CreateUser", "*", MAIL, DENY),
    "deny every set but one": (
        [policy(allow(resource=["*"]), {"Effect": "Deny", "Action": SEND, "NotResource": [IDENTITY, SET]})],
        None, SEND, OTHER_SET, MAIL, EXPLICIT),
    "deny every set but one, that one": (
        [policy(allow(resource=["*"]), {"Effect": "Deny", "Action": SEND, "NotResource": [IDENTITY, SET]})],
        None, SEND, SET, MAIL, ALLOW),
    "from the web server": (
        [policy(allow(IpAddress={"aws:SourceIp": ["192.0.2.0/28", "2001:db8::/32"]}))],
        None, SEND, IDENTITY, MAIL, ALLOW),
    "from elsewhere": (
        [policy(allow(IpAddress={"aws:SourceIp": "198.51.100.7"}))], None, SEND, IDENTITY, MAIL, DENY),
    "from nowhere known": (
        [policy(allow(IpAddress={"aws:SourceIp": "192.0.2.10"}))], None, SEND, IDENTITY, {}, DENY),
    "denied unless from there": (
        [TENANT, policy(deny(NotIpAddress={"aws:SourceIp": "198.51.100.0/24"}))], None, SEND, IDENTITY, MAIL, EXPLICIT),
    "denied without TLS": (
        [TENANT, policy(deny(Bool={"aws:SecureTransport": "false"}))],
        None, SEND, IDENTITY, MAIL | {"aws:SecureTransport": False}, EXPLICIT),
    "with TLS": ([TENANT, policy(deny(Bool={"aws:SecureTransport": "false"}))], None, SEND, IDENTITY, MAIL, ALLOW),
    "From as allowed": (
        [policy(allow(StringLike={"ses:FromAddress": "*@bakery.example"}))], None, SEND, IDENTITY, MAIL, ALLOW),
    "From in other letters": (
        [policy(allow(StringLike={"ses:FromAddress": "*@bakery.example"}))],
        None, SEND, IDENTITY, MAIL | {"ses:FromAddress": "Shop@Bakery.example"}, DENY),
    "From in other letters, case ignored": (
        [policy(allow(StringEqualsIgnoreCase={"ses:FromAddress": "shop@bakery.example"}))],
        None, SEND, IDENTITY, MAIL | {"ses:FromAddress": "Shop@Bakery.example"}, ALLOW),
    "blocked recipient": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringEquals": {"ses:Recipients": ["b@example.net"]}}))],
        None, SEND, IDENTITY, MAIL, EXPLICIT),
    "D12: a recipient called *@gmail.com is only itself": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringEquals": {"ses:Recipients": ["*@gmail.com"]}}))],
        None, SEND, IDENTITY, MAIL, ALLOW),
    "D12: and blocked when written to": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringEquals": {"ses:Recipients": ["*@gmail.com"]}}))],
        None, SEND, IDENTITY, MAIL | {"ses:Recipients": ["*@gmail.com"]}, EXPLICIT),
    "D12: under StringLike it blocks all of Gmail": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringLike": {"ses:Recipients": ["*@gmail.com"]}}))],
        None, SEND, IDENTITY, MAIL, EXPLICIT),
    "D12: escaped under StringLike it is itself again": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringLike": {"ses:Recipients": ["${*}@gmail.com"]}}))],
        None, SEND, IDENTITY, MAIL, ALLOW),
    "D12: ${aws:username} in an address is a variable": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringEquals": {"ses:Recipients": ["${aws:username}@x"]}}))],
        None, SEND, IDENTITY, MAIL | {"ses:Recipients": ["inn-bakery-smtp@x"]}, EXPLICIT),
    "D12: ${$} makes it text": (
        [TENANT, policy(deny(SEND, **{"ForAnyValue:StringEquals": {"ses:Recipients": ["${$}{aws:username}@x"]}}))],
        None, SEND, IDENTITY, MAIL | {"ses:Recipients": ["inn-bakery-smtp@x"]}, ALLOW),
    "only these recipients": (
        [policy(allow(**{"ForAllValues:StringLike": {"ses:Recipients": "*@example.net"}}))],
        None, SEND, IDENTITY, MAIL, DENY),
    "ForAllValues is true without the key": (
        [policy(allow(**{"ForAllValues:StringLike": {"ses:Recipients": "*@x"}}))],
        None, SEND, IDENTITY, FROM_WEB, ALLOW),
    "hence the Null test": (
        [policy(allow(**{"ForAllValues:StringLike": {"ses:Recipients": "*@x"}, "Null": {"ses:Recipients": "false"}}))],
        None, SEND, IDENTITY, FROM_WEB, DENY),
    "a negated operator holds without the key": (
        [policy(allow(StringNotEquals={"ses:FromAddress": "x@y"}))], None, SEND, IDENTITY, FROM_WEB, ALLOW),
    "IfExists, key missing": (
        [policy(allow(StringEqualsIfExists={"ses:FromAddress": "x@y"}))], None, SEND, IDENTITY, FROM_WEB, ALLOW),
    "IfExists, key there": (
        [policy(allow(StringEqualsIfExists={"ses:FromAddress": "x@y"}))], None, SEND, IDENTITY, MAIL, DENY),
    "a key the request has not (ses:TenantName by SMTP)": (
        [policy(allow(StringEquals={"ses:TenantName": "inn-bakery"}))], None, SEND, IDENTITY, MAIL, DENY),
    "user name in the resource": (
        [policy(allow(resource=[SES + "identity/${aws:username}"]))],
        None, SEND, SES + "identity/inn-bakery-smtp", MAIL, ALLOW),
    "a user called * is not everybody": (
        [policy(allow(resource=[SES + "identity/${aws:username}"]))],
        None, SEND, IDENTITY, MAIL | {"aws:username": "*"}, DENY),
    "an old version knows no variables": (
        [policy(allow(resource=[SES + "identity/${aws:username}"]), version="2008-10-17")],
        None, SEND, SES + "identity/inn-bakery-smtp", MAIL, DENY),
    "before the date": (
        [policy(allow(DateLessThan={"aws:CurrentTime": "2026-06-01T00:00:00Z"}))],
        None, SEND, IDENTITY, MAIL | {"aws:CurrentTime": "2026-05-31T23:59:59Z"}, ALLOW),
    "after the date, other zone": (
        [policy(allow(DateLessThan={"aws:CurrentTime": "2026-06-01T00:00:00Z"}))],
        None, SEND, IDENTITY, MAIL | {"aws:CurrentTime": "2026-05-31T23:00:00-02:00"}, DENY),
    "numbers, not texts": (
        [policy(allow(NumericGreaterThanEquals={"aws:EpochTime": 9}))],
        None, SEND, IDENTITY, MAIL | {"aws:EpochTime": 10}, ALLOW),
    "both conditions must hold": (
        [policy(allow(Bool={"aws:SecureTransport": "true"}, IpAddress={"aws:SourceIp": "198.51.100.7"}))],
        None, SEND, IDENTITY, MAIL, DENY),
}  # fmt: skip


@pytest.mark.parametrize(
    ("policies", "boundary", "action", "resource", "context", "expected"), CASES.values(), ids=CASES
)
def test_who_does_what(policies, boundary, action, resource, context, expected):
    decision = evaluate(policies, boundary, action, resource, context)
    assert (decision.allowed, decision.explicit_deny) == expected, decision.reason


TOPIC, QUEUE = "arn:aws:sns:eu-west-1:123456789012:inn-bakery", "arn:aws:sqs:eu-west-1:123456789012:inn-bakery"
TOPIC_POLICY = policy(
    {
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
        "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012", "AWS:SourceArn": SET}},
    }
)
QUEUE_POLICY = policy(
    {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
)
BY_SES, BY_SNS = Principal("Service", "ses.amazonaws.com"), Principal("Service", "sns.amazonaws.com")
OWN = {"aws:SourceAccount": "123456789012", "aws:SourceArn": SET}

RESOURCE_CASES = {
    "SES for the tenant's set": (TOPIC_POLICY, BY_SES, "sns:Publish", TOPIC, OWN, True),
    "B1: SES for another set": (TOPIC_POLICY, BY_SES, "sns:Publish", TOPIC, OWN | {"aws:SourceArn": OTHER_SET}, False),
    "B1: SES for another account": (
        TOPIC_POLICY, BY_SES, "sns:Publish", TOPIC, OWN | {"aws:SourceAccount": "210987654321"}, False),
    "B1: another service": (TOPIC_POLICY, BY_SNS, "sns:Publish", TOPIC, OWN, False),
    "SES subscribes": (TOPIC_POLICY, BY_SES, "sns:Subscribe", TOPIC, OWN, False),
    "A18: a topic without a policy": (None, BY_SES, "sns:Publish", TOPIC, OWN, False),
    "the tenant's topic to its queue": (QUEUE_POLICY, BY_SNS, "sqs:SendMessage", QUEUE, {"aws:SourceArn": TOPIC}, True),
    "B2: another topic": (QUEUE_POLICY, BY_SNS, "sqs:SendMessage", QUEUE, {"aws:SourceArn": TOPIC + "-x"}, False),
    "B2: SES itself": (QUEUE_POLICY, BY_SES, "sqs:SendMessage", QUEUE, {"aws:SourceArn": TOPIC}, False),
    "everybody, with a deny": (
        policy({"Effect": "Allow", "Principal": "*", "Action": "*"},
               {"Effect": "Deny", "NotPrincipal": {"Service": "sns.amazonaws.com"}, "Action": "*"}),
        BY_SES, "sqs:SendMessage", QUEUE, {}, False),
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "principal", "action", "resource", "context", "allowed"), RESOURCE_CASES.values(), ids=RESOURCE_CASES
)
def test_topic_and_queue_policies(document, principal, action, resource, context, allowed):
    assert evaluate_resource_policy(document, principal, action, resource, context).allowed is allowed


@pytest.mark.parametrize(
    ("pattern", "arn", "holds"),
    [
        ("arn:aws:ses:*:123456789012:identity/*", IDENTITY, True),
        ("arn:aws:ses:*", IDENTITY, False),  # unlike StringLike, a wildcard stops at a colon
        ("arn:aws:s?s:eu-west-1:123456789012:identity/bakery.example", IDENTITY, True),
        (IDENTITY, "not an arn", False),
    ],
)
def test_arns_are_compared_part_by_part(pattern, arn, holds):
    document = policy(allow(ArnLike={"aws:SourceArn": pattern}))
    assert evaluate([document], None, SEND, IDENTITY, {"aws:SourceArn": arn}).allowed is holds


BROKEN = {
    "unknown operator": allow(StringMatches={"ses:FromAddress": "x"}),
    "operator not implemented": allow(BinaryEquals={"ses:FromAddress": "x"}),
    "unknown set operator": allow(**{"ForSomeValues:StringEquals": {"ses:Recipients": "x"}}),
    "mistyped key": allow(StringEquals={"ses:Recipient": "x"}),
    "not a key": allow(StringEquals={"FromAddress": "x"}),
    "list key without a set operator": allow(StringEquals={"ses:Recipients": "x"}),
    "value is an object": allow(StringEquals={"ses:FromAddress": {"x": 1}}),
    "unknown variable form": allow(resource=["${username}"]),
    "unknown element": allow() | {"Actions": "ses:*"},
    "effect in lower case": allow() | {"Effect": "allow"},
    "action without a service": allow("SendRawEmail"),
    "both Action and NotAction": allow() | {"NotAction": "ses:*"},
    "no resource": {"Effect": "Allow", "Action": SEND},
    "not a range": allow(IpAddress={"aws:SourceIp": "192.0.2.0/33"}),
    "Null with another word": allow(Null={"ses:FromAddress": "maybe"}),
}


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
def test_what_is_not_understood_is_refused_loudly(statement):
    with pytest.raises(PolicyError):
        evaluate([policy(statement)], None, SEND, IDENTITY, MAIL)


def test_a_policy_is_checked_whole_even_where_it_does_not_apply():
    with pytest.raises(PolicyError, match="unknown condition operator 'Like'"):
        evaluate([policy(deny("s3:*", Like={"aws:SourceIp": "x"}), allow())], None, SEND, IDENTITY, MAIL)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Version": "2013", "Statement": []}'])
def test_a_document_that_is_no_policy(text):
    with pytest.raises(PolicyError):
        parse(text)


def test_a_policy_comes_back_as_it_was_written():
    assert parse(json.dumps(TENANT)) == TENANT


@given(
    st.text(alphabet="ab*?.@${}:+-", min_size=1, max_size=12), st.text(alphabet="ab*?.@${}:+-", min_size=1, max_size=12)
)
def test_an_escaped_recipient_blocks_itself_and_nobody_else(blocked, other):
    """D12: whatever an address is made of."""
    escaped = "".join(f"${{{sign}}}" if sign in "*?$" else sign for sign in blocked)
    for operator in ("ForAnyValue:StringEquals", "ForAnyValue:StringLike"):
        policies = [TENANT, policy(deny(SEND, **{operator: {"ses:Recipients": [escaped]}}))]
        for recipient in (blocked, other):
            decision = evaluate(policies, None, SEND, IDENTITY, {"ses:Recipients": [recipient]})
            assert decision.allowed is (recipient != blocked)
