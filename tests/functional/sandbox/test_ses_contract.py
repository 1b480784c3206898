"""Every SES operation that the sandbox implements, once, its answer on the wire held against the API's model."""

import json

import pytest
from botocore.exceptions import ClientError
from shapes import problems

from provisioner.sandbox.ses import OPERATIONS

NAME, DOMAIN, ADDRESS = "bakery", "bakery.example", "anna@customer.example"
SET = {"ConfigurationSetName": NAME}
IDENTITY = {"EmailIdentity": DOMAIN}
TENANT = {"TenantName": NAME}
TOPIC = "arn:aws:sns:eu-central-1:{account}:feedback"
DESTINATION = {
    "Enabled": True,
    "MatchingEventTypes": ["BOUNCE", "DELIVERY_DELAY"],
    "SnsDestination": {"TopicArn": TOPIC},
}
VDM = {"DashboardOptions": {"EngagementMetrics": "DISABLED"}}
SIMPLE = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "a"}, "Html": {"Data": "<p>a"}}}}
POLICY = '{"Version":"2012-10-17","Statement":[]}'
ENTITY = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": "{tenant}"}

CALLS = [
    ("CreateTenant", {**TENANT, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("PutTenantSuppressionAttributes", {**TENANT, "SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}),
    ("GetTenant", TENANT),
    ("ListTenants", {}),
    ("CreateConfigurationSet", {**SET, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("PutConfigurationSetSendingOptions", {**SET, "SendingEnabled": True}),
    ("PutConfigurationSetReputationOptions", {**SET, "ReputationMetricsEnabled": True}),
    ("PutConfigurationSetSuppressionOptions", {**SET, "SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}),
    ("PutConfigurationSetDeliveryOptions", {**SET, "TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 3600}),
    ("PutConfigurationSetTrackingOptions", {**SET, "CustomRedirectDomain": "t.bakery.example"}),
    ("PutConfigurationSetVdmOptions", {**SET, "VdmOptions": VDM}),
    ("PutConfigurationSetArchivingOptions", {**SET, "ArchiveArn": "arn:aws:ses:eu-central-1:1:mailmanager-archive/a"}),
    ("CreateConfigurationSetEventDestination", {**SET, "EventDestinationName": "d", "EventDestination": DESTINATION}),
    ("UpdateConfigurationSetEventDestination", {**SET, "EventDestinationName": "d", "EventDestination": DESTINATION}),
    ("GetConfigurationSetEventDestinations", SET),
    ("GetConfigurationSet", SET),
    ("ListConfigurationSets", {}),
    ("CreateEmailIdentity", {**IDENTITY, **SET}),
    ("PutEmailIdentityDkimAttributes", {**IDENTITY, "SigningEnabled": True}),
    ("PutEmailIdentityDkimSigningAttributes", {**IDENTITY, "SigningAttributesOrigin": "AWS_SES"}),
    ("PutEmailIdentityMailFromAttributes", {**IDENTITY, "MailFromDomain": "bounce.bakery.example"}),
    ("PutEmailIdentityFeedbackAttributes", {**IDENTITY, "EmailForwardingEnabled": False}),
    ("PutEmailIdentityConfigurationSetAttributes", {**IDENTITY, **SET}),
    ("CreateEmailIdentityPolicy", {**IDENTITY, "PolicyName": "p", "Policy": POLICY}),
    ("UpdateEmailIdentityPolicy", {**IDENTITY, "PolicyName": "p", "Policy": POLICY}),
    ("GetEmailIdentityPolicies", IDENTITY),
    ("GetEmailIdentity", IDENTITY),
    ("ListEmailIdentities", {}),
    ("TagResource", {"ResourceArn": "{tenant}", "Tags": [{"Key": "k", "Value": "v"}]}),
    ("ListTagsForResource", {"ResourceArn": "{tenant}"}),
    ("UntagResource", {"ResourceArn": "{tenant}", "TagKeys": ["k"]}),
    ("CreateTenantResourceAssociation", {**TENANT, "ResourceArn": "{identity}"}),
    ("CreateTenantResourceAssociation", {**TENANT, "ResourceArn": "{set}"}),
    ("ListTenantResources", TENANT),
    ("ListResourceTenants", {"ResourceArn": "{identity}"}),
    ("UpdateReputationEntityPolicy", {**ENTITY, "ReputationEntityPolicy": "{policy}"}),
    ("UpdateReputationEntityCustomerManagedStatus", {**ENTITY, "SendingStatus": "REINSTATED"}),
    ("GetReputationEntity", ENTITY),
    ("ListReputationEntities", {}),
    ("ListRecommendations", {"Filter": {"RESOURCE_ARN": "{tenant}"}}),
    ("PutSuppressedDestination", {"EmailAddress": ADDRESS, "Reason": "BOUNCE", **TENANT}),
    ("GetSuppressedDestination", {"EmailAddress": ADDRESS, **TENANT}),
    ("ListSuppressedDestinations", TENANT),
    ("DeleteSuppressedDestination", {"EmailAddress": ADDRESS, **TENANT}),
    ("PutAccountSendingAttributes", {"SendingEnabled": True}),
    ("PutAccountSuppressionAttributes", {"SuppressedReasons": ["BOUNCE"]}),
    ("PutAccountVdmAttributes", {"VdmAttributes": {"VdmEnabled": "DISABLED"}}),
    ("PutAccountDetails", {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://bakery.example"}),
    ("GetAccount", {}),
    (
        "SendEmail",
        {"FromEmailAddress": f"shop@{DOMAIN}", "Destination": {"ToAddresses": [ADDRESS]}, "Content": SIMPLE, **TENANT},
    ),
    ("DeleteEmailIdentityPolicy", {**IDENTITY, "PolicyName": "p"}),
    ("DeleteTenantResourceAssociation", {**TENANT, "ResourceArn": "{identity}"}),
    ("DeleteTenant", TENANT),
    ("DeleteConfigurationSetEventDestination", {**SET, "EventDestinationName": "d"}),
    ("DeleteEmailIdentity", IDENTITY),
    ("DeleteConfigurationSet", SET),
]


def filled(value, facts):
    """Put the names of this account into the parameters."""
    if isinstance(value, dict):
        return {key: filled(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, facts) for item in value]
    return (
        value.format(**facts)
        if isinstance(value, str) and value.startswith(("{", "arn:")) and value != POLICY
        else value
    )


def test_every_operation_answers_as_the_model_says(aws, ses):
    bodies = []
    ses.meta.events.register("before-parse.sesv2.*", lambda response_dict, **_: bodies.append(response_dict["body"]))
    aws.client("sns").create_topic(Name="feedback")
    seen, wrong = set(), []
    for operation, params in CALLS:
        tenant = aws.ses.tenants.get(NAME)
        facts = {
            "account": aws.account,
            "tenant": tenant.arn if tenant else "",
            "identity": aws.ses.arn("identity", DOMAIN),
            "set": aws.ses.arn("configuration-set", NAME),
            "policy": f"arn:aws:ses:{aws.region}:aws:reputation-policy/strict",
        }
        if operation == "SendEmail":
            aws.verify(DOMAIN)
        bodies.clear()
        ses._make_api_call(operation, filled(params, facts))
        shape = ses.meta.service_model.operation_model(operation).output_shape
        wrong += [f"{operation}: {problem}" for problem in problems(json.loads(bodies[0] or b"{}"), shape)]
        seen.add(operation)
    assert wrong == []
    assert seen == set(OPERATIONS)


def test_what_is_not_implemented_is_refused_loudly_and_by_name(aws, ses):
    implemented = set(OPERATIONS)
    silent = []
    for operation in ses.meta.service_model.operation_names:
        if operation in implemented:
            continue
        shape = ses.meta.service_model.operation_model(operation).input_shape
        with pytest.raises(ClientError) as refusal:
            ses._make_api_call(operation, {name: _sample(shape.members[name]) for name in shape.required_members})
        error = refusal.value.response
        if error["Error"]["Code"] != "InnkeeperSandboxNotImplemented" or operation not in error["Error"]["Message"]:
            silent.append((operation, error))
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert silent == []


def _sample(shape):
    if shape.type_name == "structure":
        return {name: _sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [_sample(shape.member)] * max(1, shape.metadata.get("min", 1))
    if shape.type_name == "map":
        return {"k": _sample(shape.value)}
    kinds = {"boolean": True, "integer": 1, "long": 1, "double": 1.0, "timestamp": "2026-01-01T00:00:00Z", "blob": b"x"}
    if shape.type_name in kinds:
        return kinds[shape.type_name]
    return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, shape.metadata.get("min", 1))


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("ses", "list_identities", {}),
        ("iam", "simulate_principal_policy", {"PolicySourceArn": "arn:aws:iam::1:user/anna", "ActionNames": ["s3:*"]}),
        ("sqs", "start_message_move_task", {"SourceArn": "arn:aws:sqs:eu-central-1:1:q"}),
        ("route53", "test_dns_answer", {"HostedZoneId": "Z", "RecordName": "a.example", "RecordType": "A"}),
        ("cloudwatch", "put_composite_alarm", {"AlarmName": "a", "AlarmRule": "TRUE"}),
    ],
)
def test_other_services_refuse_as_loudly(aws, code_of, service, operation, params):
    assert code_of(getattr(aws.client(service), operation), **params) == "InnkeeperSandboxNotImplemented"
    assert len(aws.unimplemented) >= 1
