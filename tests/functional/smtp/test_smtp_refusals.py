"""What SES refuses after DATA, in which order, and every way a suspended tenant might help itself."""

import json
import smtplib
from datetime import timedelta

import pytest

from provisioner.sandbox.clock import Clock
from provisioner.sandbox.principals import BOUNDARY
from provisioner.sandbox.ses.verification import announce
from provisioner.sandbox.state import Identity, MailFrom

SIMULATOR = "success@simulator.amazonses.com"
IDENTITY = "arn:aws:ses:eu-west-1:210987654321:identity/{}.example"
SET = "arn:aws:ses:eu-west-1:210987654321:configuration-set/inn-{}"


def refusal(site, *to, **options):
    """SES's answer to a mail that must not be taken."""
    with pytest.raises(smtplib.SMTPDataError) as caught:
        site.send(*(to or (SIMULATOR,)), **options)
    assert site.drain() == []
    return f"{caught.value.smtp_code} {caught.value.smtp_error.decode()}"


def denied(site, arn):
    user = f"arn:aws:iam::210987654321:user/inn/{site.user}"
    return f"554 Access denied: User `{user}' is not authorized to perform `ses:SendRawEmail' on resource `{arn}'"


def test_account_paused(bakery, state, monkeypatch):
    monkeypatch.setattr(state.settings, "sending_enabled", False)
    assert refusal(bakery, sender="nobody@nowhere.example").startswith(
        "554 Message rejected: Sending paused for this account."
    )


def test_sender_not_verified(bakery):
    assert refusal(bakery, sender="Me <me@nowhere.example>") == (
        "554 Message rejected: Email address is not verified. "
        "The following identities failed the check in region EU-WEST-1: me@nowhere.example"
    )
    assert "EU-WEST-1: me@nowhere.example" in refusal(bakery, envelope="me@nowhere.example")


def test_identity_sends_as_soon_as_its_records_are_there(bakery, state, monkeypatch):
    identity = state.identities["bakery.example"]
    for name, value in {"status": "PENDING", "dkim_tokens": ("t1",), "signing_hosted_zone": "dkim.example"}.items():
        monkeypatch.setattr(identity, name, value)
    assert "not verified" in refusal(bakery)
    announce(state, [("t1._domainkey.bakery.example", "CNAME", "t1.dkim.example")])
    assert bakery.send(SIMULATOR)


def test_another_tenants_domain(bakery):
    assert refusal(bakery, sender="shop@florist.example") == denied(bakery, IDENTITY.format("florist"))


def test_another_tenants_domain_in_the_envelope_only(bakery):
    assert refusal(bakery, envelope="shop@florist.example") == denied(bakery, IDENTITY.format("florist"))


def test_another_tenants_set_in_the_header(bakery):
    """D18: the policy names one set."""
    assert refusal(bakery, X_SES_CONFIGURATION_SET="inn-florist") == denied(bakery, SET.format("florist"))


def test_unknown_set(bakery):
    assert refusal(bakery, X_SES_CONFIGURATION_SET="inn-nobody") == "554 Configuration set does not exist: inn-nobody"


def test_a_policy_that_allows_the_identity_but_not_its_default_set(bakery, deny):
    deny(Action="ses:SendRawEmail", Resource=SET.format("bakery"))
    assert refusal(bakery) == denied(bakery, SET.format("bakery"))


def test_no_default_set_and_no_header(bakery, state, monkeypatch):
    monkeypatch.setattr(state.identities["bakery.example"], "configuration_set", None)
    bakery.send(SIMULATOR)
    assert state.accepted[-1].configuration_set is None
    assert bakery.drain() == []


def test_the_most_specific_identity_decides(bakery, state, monkeypatch):
    """The address identity has no default set, so the domain's set is not used; IAM asks for the address's ARN."""
    own = Identity("shop@bakery.example", IDENTITY.format("shop@bakery"), Clock().now(), status="SUCCESS")
    monkeypatch.setitem(state.identities, own.name, own)
    assert refusal(bakery) == denied(bakery, own.arn)


@pytest.mark.parametrize("sender", ["a@news.bakery.example", "B@Bakery.Example"])
def test_sub_domains_and_capitals_belong_to_the_domain_and_its_set(bakery, state, sender):
    bakery.send(SIMULATOR, sender=sender, envelope=sender)
    assert state.accepted[-1].configuration_set == "inn-bakery"


class TestSuspended:
    """D18: each lever alone holds, whatever the tenant writes into its mail."""

    WAYS_OUT = (
        {},
        {"X_SES_TENANT": "inn-bakery"},
        {"X_SES_CONFIGURATION_SET": "inn-florist"},
        {"X_SES_TENANT": "inn-florist"},
        {"sender": "a@sub.bakery.example"},
        {"sender": "a@sub.bakery.example", "envelope": "a@sub.bakery.example"},
    )

    @pytest.mark.parametrize("way", WAYS_OUT)
    def test_set_switched_off(self, bakery, state, monkeypatch, way):
        monkeypatch.setattr(state.configuration_sets["inn-bakery"], "sending_enabled", False)
        answer = refusal(bakery, **way)
        foreign = way.get("X_SES_CONFIGURATION_SET")
        expected = denied(bakery, SET.format("florist")) if foreign else (
            "554 Sending is paused for configuration set inn-bakery.")  # fmt: skip
        assert answer == expected

    @pytest.mark.parametrize("way", WAYS_OUT)
    def test_deny_policy_attached(self, bakery, way):
        iam = bakery.client("iam")
        document = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ses:*", "Resource": "*"}}
        arn = iam.create_policy(PolicyName="inn-suspended", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        iam.attach_user_policy(UserName=bakery.user, PolicyArn=arn)
        try:
            assert refusal(bakery, **way).startswith("554 Access denied: User `")
        finally:
            iam.detach_user_policy(UserName=bakery.user, PolicyArn=arn)
            iam.delete_policy(PolicyArn=arn)
        assert bakery.send(SIMULATOR)

    def test_an_open_session_is_judged_anew(self, bakery, deny):
        with bakery.session() as client:
            client.send_message(bakery.mail(SIMULATOR))
            deny()
            with pytest.raises(smtplib.SMTPDataError, match="Access denied"):
                client.send_message(bakery.mail(SIMULATOR))

    def test_ses_tenant_disabled_binds_only_mail_that_names_it(self, bakery, state, monkeypatch):
        monkeypatch.setattr(state.tenants["inn-bakery"], "customer_status", "DISABLED")
        assert refusal(bakery, X_SES_TENANT="inn-bakery") == "554 Sending is paused for tenant inn-bakery."
        assert bakery.send(SIMULATOR)  # hence the other levers


def test_unknown_tenant_and_foreign_tenant(bakery):
    assert refusal(bakery, X_SES_TENANT="nobody") == "554 Tenant nobody for AwsAccountId 210987654321 not found."
    assert refusal(bakery, X_SES_TENANT="inn-florist") == (
        f"554 Tenant not associated with resources [{IDENTITY.format('bakery')}, {SET.format('bakery')}]"
    )


def test_a_tenant_needs_a_set(bakery, state, monkeypatch):
    monkeypatch.setattr(state.identities["bakery.example"], "configuration_set", None)
    assert refusal(bakery, X_SES_TENANT="inn-bakery").startswith("554 Tenant inn-bakery can only send with")


class TestPolicies:
    def test_blocked_recipient_stops_the_whole_message(self, bakery, deny):
        deny(Condition={"ForAnyValue:StringEquals": {"ses:Recipients": ["gone@example.net"]}})
        assert refusal(bakery, "guest@example.net", "gone@example.net") == denied(bakery, IDENTITY.format("bakery"))
        assert bakery.send("guest@example.net")

    def test_an_address_with_a_star_is_one_address(self, bakery, deny):
        """D12: blocked literally, everybody else at Gmail still gets mail."""
        deny(Condition={"ForAnyValue:StringEquals": {"ses:Recipients": ["*@gmail.com"]}})
        assert bakery.send("guest@gmail.com")
        assert refusal_after_drain(bakery, "*@gmail.com") == denied(bakery, IDENTITY.format("bakery"))

    def test_source_address(self, bakery, deny):
        deny(Condition={"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}})
        assert bakery.send(SIMULATOR)
        deny(Condition={"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}})
        assert refusal_after_drain(bakery) == denied(bakery, IDENTITY.format("bakery"))

    def test_from_address_is_compared_with_its_case(self, bakery, deny):
        deny(Condition={"StringNotLike": {"ses:FromAddress": "*@bakery.example"}})
        assert bakery.send(SIMULATOR)
        assert refusal_after_drain(bakery, sender="Shop@Bakery.example") == denied(bakery, IDENTITY.format("bakery"))

    def test_tls_and_time_are_known(self, bakery, deny):
        deny(Condition={"Bool": {"aws:SecureTransport": "true"}, "DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}})
        assert refusal(bakery) == denied(bakery, IDENTITY.format("bakery"))

    def test_permissions_boundary(self, bakery, monkeypatch):
        iam = bakery.client("iam")
        statement = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = iam.create_policy(PolicyName="inn-boundary", PolicyDocument=document)["Policy"]["Arn"]
        from moto.iam.models import iam_backends  # noqa: PLC0415

        monkeypatch.setattr(iam_backends["210987654321"]["aws"].users[bakery.user], BOUNDARY, arn, raising=False)
        assert refusal(bakery) == denied(bakery, IDENTITY.format("bakery"))

    @pytest.mark.parametrize("who", ["user/inn/inn-bakery-smtp", "root"])
    def test_a_deny_in_the_identitys_own_policy(self, bakery, who):
        ses = bakery.client("sesv2")
        names = {"EmailIdentity": "bakery.example", "PolicyName": "stop"}
        statement = {
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::210987654321:{who}"},
            "Action": "ses:SendRawEmail",
            "Resource": IDENTITY.format("bakery"),
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        ses.create_email_identity_policy(**names, Policy=policy)
        assert refusal(bakery) == denied(bakery, IDENTITY.format("bakery"))
        ses.delete_email_identity_policy(**names)
        assert bakery.send(SIMULATOR)

    def test_a_deleted_policy_version_does_not_count(self, bakery):
        iam = bakery.client("iam")
        harmless = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
        harmful = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        arn = iam.create_policy(PolicyName="inn-shard", PolicyDocument=json.dumps(harmful))["Policy"]["Arn"]
        iam.attach_user_policy(UserName=bakery.user, PolicyArn=arn)
        assert refusal(bakery)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(harmless), SetAsDefault=True)
        assert bakery.send(SIMULATOR)
        iam.detach_user_policy(UserName=bakery.user, PolicyArn=arn)


def refusal_after_drain(site, *to, **options):
    site.drain()
    return refusal(site, *to, **options)


class TestLimits:
    def test_recipients(self, bakery):
        assert bakery.send(*(f"success+{n}@simulator.amazonses.com" for n in range(50)))
        bakery.drain()
        crowd = [f"success+{n}@simulator.amazonses.com" for n in range(51)]
        assert refusal(bakery, *crowd) == "554 Transaction failed: Recipient count exceeds 50."

    def test_size(self, bakery):
        with bakery.session() as client:
            client.ehlo()
            assert client.esmtp_features["size"] == str(40 * 1024 * 1024)
            assert client.docmd(f"MAIL FROM:<shop@bakery.example> SIZE={41 * 1024 * 1024}") == (
                552,
                b"Message is too long.",
            )

    def test_size_of_what_is_really_sent(self, bakery, monkeypatch):
        monkeypatch.setattr("provisioner.sandbox.smtp_protocol.MAX_BYTES", 1000)
        assert refusal(bakery, body="Dear guest,\n" * 200) == "552 Message is too long."

    def test_daily_quota_counts_recipients_but_not_the_simulator(self, bakery, state, monkeypatch):
        monkeypatch.setattr(state, "accepted", [])
        monkeypatch.setattr(state.settings, "max_24_hour_send", 2.0)
        assert bakery.send("a@example.net", "b@example.net")
        assert bakery.send(SIMULATOR)
        answer = "454 Throttling failure: Daily message quota exceeded"
        assert refusal_after_drain(bakery, "c@example.net") == answer
        monkeypatch.setattr(state.settings, "max_24_hour_send", -1.0)
        assert bakery.send("c@example.net")

    def test_sending_rate(self, bakery, state, monkeypatch):
        monkeypatch.setattr(state, "accepted", [])
        monkeypatch.setattr(state.settings, "max_send_rate", 0.1)
        assert bakery.send(SIMULATOR)
        assert refusal_after_drain(bakery) == "454 Throttling failure: Maximum sending rate exceeded"

    def test_ses_sandbox(self, bakery, state, monkeypatch):
        monkeypatch.setattr(state.settings, "production_access", False)
        assert "EU-WEST-1: guest@example.net" in refusal(bakery, "guest@example.net")
        assert bakery.send(SIMULATOR, "owner@bakery.example")
        # Among verified recipients IAM asks for the recipient's identity, too.
        assert refusal_after_drain(bakery, "owner@florist.example") == denied(bakery, IDENTITY.format("florist"))

    def test_mail_from_that_must_not_fall_back(self, bakery, state, monkeypatch):
        own = MailFrom("bounce.bakery.example", since=Clock().now(), behavior="REJECT_MESSAGE")
        monkeypatch.setattr(state.identities["bakery.example"], "mail_from", own)
        assert refusal(bakery) == "554 Message rejected: MAIL FROM domain is not verified: bounce.bakery.example"

    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("MAIL FROM:<shop@>", (501, b"Invalid MAIL FROM address provided")),
            ("RCPT TO:<a b@example.net>", (501, b"Invalid RCPT TO address provided")),
            ("RCPT TO:<@>", (501, b"Invalid RCPT TO address provided")),
        ],
    )
    def test_malformed_addresses(self, bakery, command, answer):
        with bakery.session() as client:
            if command.startswith("RCPT"):
                client.mail("shop@bakery.example")
            assert client.docmd(command) == answer

    def test_no_address_beyond_ascii(self, bakery):
        with bakery.session() as client:
            client.mail("shop@bakery.example")
            client.send("RCPT TO:<büro@example.net>\r\n".encode())
            assert client.getreply() == (553, b"Invalid email address")

    def test_headers(self, bakery):
        with bakery.session() as client:
            for mail, answer in (
                (b"Subject: x\r\n\r\n", "Missing required header 'From'"),
                (b"From: a@bakery.example\r\nFrom: b@bakery.example\r\n\r\n", "Duplicate header 'From'"),
                (b"From: shop\r\n\r\n", "Missing final '@domain'"),
                (b"From: a@bakery.example\r\nX-SES-SOURCE-ARN: arn\r\n\r\n", "does not implement"),
            ):
                with pytest.raises(smtplib.SMTPDataError, match=answer):
                    client.sendmail("shop@bakery.example", SIMULATOR, mail)


def test_an_answer_is_one_line_whatever_the_mail_holds(bakery):
    mail = b"From: a@bakery.example\r\nX-SES-CONFIGURATION-SET: x\xc3\xa9\x1b[2J\r\n 250 Ok\r\n\r\n"
    with bakery.session() as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("shop@bakery.example", SIMULATOR, mail)
    answer = caught.value.smtp_error
    assert answer.startswith(b"Configuration set does not exist: x")
    assert answer.isascii()
    assert answer.decode().isprintable()


def test_a_fault_of_the_sandbox_is_loud(bakery, deny, caplog):
    """A condition that nobody here can judge is neither yes nor no."""
    deny(Condition={"StringMatches": {"ses:FromAddress": "x"}})
    assert refusal(bakery).startswith("451 Temporary service failure (PolicyError")
    assert "unknown condition operator 'StringMatches'" in caplog.text
    assert bakery.password not in caplog.text


def test_time_comes_from_the_sandbox_clock(bakery, state):
    from provisioner.sandbox.clock import clock_for, forget  # noqa: PLC0415

    clock_for("210987654321").advance(timedelta(days=400))
    try:
        bakery.send(SIMULATOR)
        assert state.accepted[-1].accepted_at > Clock().now() + timedelta(days=399)
        stamps = {event["mail"]["timestamp"] for event in bakery.events()}
        assert all(stamp.startswith(f"{state.accepted[-1].accepted_at:%Y-%m-%dT%H:%M}") for stamp in stamps)
    finally:
        forget("210987654321")
        state.accepted.clear()
