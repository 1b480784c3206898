"""Where moto would answer wrongly or not at all: errors, verification, sending, suspension, tenants."""

import re
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

DOMAIN = "bakery.example"
BODY = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Bread"}}}}
TO = {"ToAddresses": ["anna@customer.example"]}


@pytest.fixture
def sender(aws, ses):
    """A domain that may send with its set, associated with its tenant."""
    ses.create_configuration_set(ConfigurationSetName="bakery")
    ses.create_email_identity(EmailIdentity=DOMAIN, ConfigurationSetName="bakery")
    ses.create_tenant(TenantName="bakery")
    for kind, name in (("identity", DOMAIN), ("configuration-set", "bakery")):
        ses.create_tenant_resource_association(TenantName="bakery", ResourceArn=aws.ses.arn(kind, name))
    aws.verify(DOMAIN)
    return lambda **more: ses.send_email(
        **{"FromEmailAddress": f"shop@{DOMAIN}", "Destination": TO, "Content": BODY, **more}
    )


def zone_with(aws, ses, *, skip=()):
    zones = aws.client("route53")
    zone = zones.create_hosted_zone(Name=DOMAIN, CallerReference=f"once {skip}")["HostedZone"]["Id"]
    dkim = ses.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]
    records = [
        (f"{token}._domainkey.{DOMAIN}", "CNAME", f"{token}.{dkim['SigningHostedZone']}")
        for n, token in enumerate(dkim["Tokens"])
        if n not in skip
    ]
    write(zones, zone, "UPSERT", records)
    return zones, zone, records


def write(zones, zone, action, records):
    changes = [
        {
            "Action": action,
            "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]},
        }
        for name, kind, value in records
    ]
    zones.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def status(ses):
    return ses.get_email_identity(EmailIdentity=DOMAIN)["VerificationStatus"]


def test_each_domain_gets_three_tokens_of_its_own(ses):
    tokens = [
        token
        for name in ("a.example", "b.example")
        for token in ses.create_email_identity(EmailIdentity=name)["DkimAttributes"]["Tokens"]
    ]
    assert len(set(tokens)) == 6
    assert all(re.fullmatch("[a-z2-7]{32}", token) for token in tokens)


def test_a_domain_is_verified_once_its_zone_holds_all_three_records(aws, ses):
    ses.create_email_identity(EmailIdentity=DOMAIN)
    assert status(ses) == "PENDING"
    zones, zone, records = zone_with(aws, ses, skip=(2,))
    info = ses.get_email_identity(EmailIdentity=DOMAIN)
    assert (info["VerificationStatus"], info["VerificationInfo"]["ErrorType"]) == ("PENDING", "HOST_NOT_FOUND")
    token = info["DkimAttributes"]["Tokens"][2]
    write(zones, zone, "UPSERT", [(f"{token}._domainkey.{DOMAIN}", "CNAME", "elsewhere.example")])
    assert ses.get_email_identity(EmailIdentity=DOMAIN)["VerificationInfo"]["ErrorType"] == "INVALID_VALUE"
    write(zones, zone, "UPSERT", [(f"{token}._domainkey.{DOMAIN}", "CNAME", f"{token}.dkim.amazonses.com.")])
    assert status(ses) == "SUCCESS"
    write(zones, zone, "DELETE", records)
    assert status(ses) == "TEMPORARY_FAILURE"


def test_after_72_hours_without_records_the_search_ends(aws, ses):
    ses.create_email_identity(EmailIdentity=DOMAIN)
    aws.clock.advance(timedelta(hours=71))
    assert status(ses) == "PENDING"
    aws.clock.advance(timedelta(hours=2))
    assert status(ses) == "FAILED"
    zone_with(aws, ses)
    assert status(ses) == "FAILED"  # nobody looks any more
    ses.put_email_identity_dkim_signing_attributes(EmailIdentity=DOMAIN, SigningAttributesOrigin="AWS_SES")
    assert status(ses) == "SUCCESS"


def test_mail_from_needs_exactly_one_mx_and_the_spf_record(aws, ses):
    ses.create_email_identity(EmailIdentity=DOMAIN)
    ses.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain=f"bounce.{DOMAIN}")

    def mail_from():
        return ses.get_email_identity(EmailIdentity=DOMAIN)["MailFromAttributes"]["MailFromDomainStatus"]

    mx = (f"bounce.{DOMAIN}", "MX", "10 feedback-smtp.eu-central-1.amazonses.com")
    aws.announce(mx)
    assert mail_from() == "PENDING"
    aws.announce((f"bounce.{DOMAIN}", "TXT", '"v=spf1 include:amazonses.com ~all"'))
    assert mail_from() == "SUCCESS"
    aws.announce((f"bounce.{DOMAIN}", "MX", "20 mx.other.example"))
    assert mail_from() == "TEMPORARY_FAILURE"


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("create_configuration_set", {"ConfigurationSetName": "bakery"}, "AlreadyExistsException"),
        ("create_configuration_set", {"ConfigurationSetName": "a b"}, "BadRequestException"),
        ("create_email_identity", {"EmailIdentity": DOMAIN}, "AlreadyExistsException"),
        ("create_email_identity", {"EmailIdentity": "x.example", "ConfigurationSetName": "no"}, "NotFoundException"),
        ("create_tenant", {"TenantName": "bakery"}, "AlreadyExistsException"),
        ("get_tenant", {"TenantName": "no"}, "NotFoundException"),
        ("delete_configuration_set", {"ConfigurationSetName": "no"}, "NotFoundException"),
        ("delete_configuration_set", {"ConfigurationSetName": "bakery"}, "BadRequestException"),  # still associated
        ("delete_email_identity", {"EmailIdentity": "no.example"}, "NotFoundException"),
        ("get_suppressed_destination", {"EmailAddress": "a@b.example"}, "NotFoundException"),
        ("delete_suppressed_destination", {"EmailAddress": "a@b.example"}, "NotFoundException"),
        ("list_suppressed_destinations", {"TenantName": "no"}, "NotFoundException"),
        (
            "put_tenant_suppression_attributes",
            {"TenantName": "bakery", "SuppressionScope": "TENANT"},
            "BadRequestException",
        ),
        ("create_tenant_resource_association", {"TenantName": "bakery", "ResourceArn": "arn:x"}, "NotFoundException"),
        (
            "get_reputation_entity",
            {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": "arn:aws:ses:eu-central-1:1:tenant/a/b"},
            "NotFoundException",
        ),
        (
            "put_email_identity_mail_from_attributes",
            {"EmailIdentity": DOMAIN, "MailFromDomain": "bounce.other.example"},
            "BadRequestException",
        ),
    ],
)
def test_errors_have_the_codes_of_aws(ses, sender, code_of, operation, params, code):
    assert code_of(getattr(ses, operation), **params) == code


def test_a_repeated_association_says_so(aws, ses, sender, code_of):
    arn = aws.ses.arn("identity", DOMAIN)
    call = ses.create_tenant_resource_association
    assert code_of(call, TenantName="bakery", ResourceArn=arn) == "AlreadyExistsException"


def test_a_mail_leaves_under_its_identitys_set(aws, sender):
    message_id = sender()["MessageId"]
    (mail,) = aws.mailbox
    assert (mail.message_id, mail.recipient, mail.configuration_set) == (message_id, "anna@customer.example", "bakery")
    assert b"Bread" in mail.raw


def test_a_raw_mail_goes_to_destination_alone(aws, ses, sender):
    raw = b"From: shop@bakery.example\r\nTo: header@customer.example\r\nX-SES-CONFIGURATION-SET: bakery\r\n\r\nhi \xff"
    sender(Content={"Raw": {"Data": raw}})
    sender(Content={"Raw": {"Data": raw}}, Destination={})
    assert [mail.recipient for mail in aws.mailbox] == ["anna@customer.example", "header@customer.example"]


@pytest.mark.parametrize(
    ("spoil", "more", "code"),
    [
        (
            lambda ses: ses.put_configuration_set_sending_options(ConfigurationSetName="bakery", SendingEnabled=False),
            {},
            "SendingPausedException",
        ),
        (lambda ses: ses.put_account_sending_attributes(SendingEnabled=False), {}, "SendingPausedException"),
        (lambda ses: None, {"ConfigurationSetName": "no"}, "NotFoundException"),
        (lambda ses: None, {"FromEmailAddress": "a@stranger.example"}, "MessageRejected"),
        (lambda ses: None, {"TenantName": "no"}, "NotFoundException"),
        (
            lambda ses: None,
            {"Destination": {"ToAddresses": [f"a{n}@b.example" for n in range(51)]}},
            "BadRequestException",
        ),
        (
            lambda ses: ses.delete_tenant_resource_association(
                TenantName="bakery",
                ResourceArn=ses.list_tenant_resources(TenantName="bakery")["TenantResources"][0]["ResourceArn"],
            ),
            {"TenantName": "bakery"},
            "AccessDeniedException",
        ),
        (
            lambda ses: ses.update_reputation_entity_customer_managed_status(
                ReputationEntityType="RESOURCE",
                ReputationEntityReference=ses.get_tenant(TenantName="bakery")["Tenant"]["TenantArn"],
                SendingStatus="DISABLED",
            ),
            {"TenantName": "bakery"},
            "SendingPausedException",
        ),
    ],
    ids=[
        "set off",
        "account off",
        "no such set",
        "stranger",
        "no such tenant",
        "51",
        "not associated",
        "tenant paused",
    ],
)
def test_what_ses_refuses_to_send(aws, ses, sender, code_of, spoil, more, code):
    spoil(ses)
    assert code_of(sender, **more) == code
    assert aws.accepted == []


def test_a_paused_tenant_does_not_stop_mail_that_does_not_name_it(aws, ses, sender):
    aws.ses.tenants["bakery"].customer_status = "DISABLED"
    sender()
    assert len(aws.accepted) == 1


def test_either_side_pauses_a_tenant(aws, ses, sender):
    tenant = aws.ses.tenants["bakery"]
    tenant.aws_status = "DISABLED"
    tenant.customer_status = "REINSTATED"
    assert ses.get_tenant(TenantName="bakery")["Tenant"]["SendingStatus"] == "DISABLED"


def test_pages_cover_everything_once(ses):
    for n in range(7):
        ses.create_tenant(TenantName=f"t{n}")
    names, token = [], {}
    while True:
        page = ses.list_tenants(PageSize=3, **token)
        names += [tenant["TenantName"] for tenant in page["Tenants"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert names == [f"t{n}" for n in range(7)]


def test_the_tagging_api_finds_what_ses_holds(aws, sender, ses):
    ses.tag_resource(ResourceArn=aws.ses.arn("identity", DOMAIN), Tags=[{"Key": "tenant", "Value": "bakery"}])
    found = aws.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "tenant", "Values": ["bakery"]}])
    assert [item["ResourceARN"] for item in found["ResourceTagMappingList"]] == [aws.ses.arn("identity", DOMAIN)]


def test_in_the_ses_sandbox_only_verified_recipients_get_mail(aws, ses, sender, code_of):
    aws.ses.settings.production_access = False
    assert code_of(sender) == "MessageRejected"
    assert code_of(sender, Destination={"ToAddresses": ["success@simulator.amazonses.com"]}) is None
    with pytest.raises(ClientError, match="sandbox"):
        ses.put_suppressed_destination(EmailAddress="a@b.example", Reason="BOUNCE")
