"""E-mail identities: domains and addresses, DKIM, MAIL FROM, the default configuration set, policies."""

import hashlib
import json
import uuid
from typing import Any

from provisioner.sandbox.ses.call import (
    AlreadyExists,
    Answer,
    BadRequest,
    Call,
    NotFound,
    SesError,
    find_set,
    identity_name,
    paged,
    tag_dict,
    tag_list,
)
from provisioner.sandbox.ses.lookup import zone_lookup
from provisioner.sandbox.ses.tenants import refuse_associated
from provisioner.sandbox.ses.verification import refresh
from provisioner.sandbox.state import Identity, MailFrom

_MOST_IDENTITIES = 10_000
_MOST_POLICIES = 20
_LONGEST_POLICY = 4_096


def create_email_identity(call: Call) -> Answer:
    """Make an identity; Easy DKIM gives a domain three tokens of its own."""
    state, name = call.state, identity_name(call.params["EmailIdentity"])
    signing = call.get("DkimSigningAttributes") or {}
    _refuse_own_keys(signing, "CreateEmailIdentity")
    if "." not in name:
        raise BadRequest(f"Invalid email identity {name}.")
    if name in state.identities:
        raise AlreadyExists(f"Email identity {name} already exist.")
    if len(state.identities) >= _MOST_IDENTITIES:
        raise SesError("LimitExceededException", f"You cannot have more than {_MOST_IDENTITIES} identities.")
    if call.get("ConfigurationSetName"):
        find_set(state, call.params["ConfigurationSetName"])
    domain = "@" not in name
    state.identities[name] = identity = Identity(
        name=name,
        arn=state.arn("identity", name),
        created=call.now,
        dkim_tokens=_tokens(name) if domain else (),
        signing_hosted_zone=state.settings.signing_hosted_zone if domain else "",
        signing_enabled=domain,
        key_length=signing.get("NextSigningKeyLength", "RSA_2048_BIT"),
        searching_since=call.now,
        configuration_set=call.get("ConfigurationSetName"),
        tags=tag_dict(call.get("Tags")),
    )
    return {"IdentityType": _type(identity), "VerifiedForSendingStatus": False, "DkimAttributes": _dkim(identity)}


def get_email_identity(call: Call) -> Answer:
    """Look at the zone again, then describe."""
    identity = call.identity()
    refresh(call.state, identity, call.now, zone_lookup(call.state))
    answer: Answer = {
        "IdentityType": _type(identity),
        "FeedbackForwardingStatus": identity.feedback_forwarding,
        "VerifiedForSendingStatus": identity.verified,
        "DkimAttributes": _dkim(identity),
        "Policies": dict(identity.policies),
        "Tags": tag_list(identity.tags),
        "VerificationStatus": identity.status,
        "VerificationInfo": _verification_info(identity),
    }
    if identity.mail_from:
        answer["MailFromAttributes"] = {
            "MailFromDomain": identity.mail_from.domain,
            "MailFromDomainStatus": identity.mail_from.status,
            "BehaviorOnMxFailure": identity.mail_from.behavior,
        }
    if identity.configuration_set:
        answer["ConfigurationSetName"] = identity.configuration_set
    return answer


def list_email_identities(call: Call) -> Answer:
    """List the identities, after a look at their zones."""
    lookup = zone_lookup(call.state)
    for identity in call.state.identities.values():
        refresh(call.state, identity, call.now, lookup)
    listed = [
        {
            "IdentityType": _type(identity),
            "IdentityName": identity.name,
            "SendingEnabled": identity.verified,
            "VerificationStatus": identity.status,
        }
        for identity in call.state.identities.values()
    ]
    return paged(call, "EmailIdentities", listed)


def delete_email_identity(call: Call) -> Answer:
    """Drop an identity, unless a tenant uses it."""
    identity = call.identity()
    refuse_associated(call.state, identity.arn)
    del call.state.identities[identity.name]
    return {}


def put_email_identity_dkim_attributes(call: Call) -> Answer:
    """Switch signing on or off."""
    call.identity().signing_enabled = call.flag("SigningEnabled")
    return {}


def put_email_identity_dkim_signing_attributes(call: Call) -> Answer:
    """Start the search for the Easy DKIM records again; keys of one's own are not implemented."""
    identity, attributes = call.identity(), call.get("SigningAttributes") or {}
    origin = call.params["SigningAttributesOrigin"]
    if origin != "AWS_SES":
        raise NotImplementedError(f"sesv2 PutEmailIdentityDkimSigningAttributes with origin {origin}")
    _refuse_own_keys(attributes, "PutEmailIdentityDkimSigningAttributes")
    identity.key_length = attributes.get("NextSigningKeyLength", identity.key_length)
    identity.status, identity.searching_since = "PENDING", call.now
    return {
        "DkimStatus": identity.status,
        "DkimTokens": list(identity.dkim_tokens),
        "SigningHostedZone": identity.signing_hosted_zone,
    }


def put_email_identity_mail_from_attributes(call: Call) -> Answer:
    """Set the MAIL FROM domain and look for its records anew; without a domain, remove it."""
    identity, domain = call.identity(), call.get("MailFromDomain")
    if not domain:
        identity.mail_from = None
        return {}
    owner = identity.name.rpartition("@")[2]
    if not domain.lower().endswith(f".{owner}"):
        raise BadRequest(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{owner}>."
        )
    behavior = call.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
    old = identity.mail_from
    if old and old.domain == domain.lower() and old.status != "FAILED":
        old.behavior = behavior
    else:
        identity.mail_from = MailFrom(domain.lower(), call.now, behavior)
    return {}


def put_email_identity_feedback_attributes(call: Call) -> Answer:
    """Switch feedback by e-mail."""
    call.identity().feedback_forwarding = call.flag("EmailForwardingEnabled")
    return {}


def put_email_identity_configuration_set_attributes(call: Call) -> Answer:
    """Set or clear the default configuration set."""
    identity, name = call.identity(), call.get("ConfigurationSetName")
    if name:
        find_set(call.state, name)
    identity.configuration_set = name or None
    return {}


def create_email_identity_policy(call: Call) -> Answer:
    """Add a sending authorization policy."""
    identity, name = call.identity(), call.params["PolicyName"]
    if name in identity.policies:
        raise AlreadyExists(f"Policy {name} already exists.")
    if len(identity.policies) >= _MOST_POLICIES:
        raise SesError("LimitExceededException", f"You cannot have more than {_MOST_POLICIES} policies an identity.")
    identity.policies[name] = _checked_policy(call.params["Policy"])
    return {}


def get_email_identity_policies(call: Call) -> Answer:
    """Return the policies as written."""
    return {"Policies": dict(call.identity().policies)}


def update_email_identity_policy(call: Call) -> Answer:
    """Replace a policy."""
    policies, name = call.identity().policies, call.params["PolicyName"]
    if name not in policies:
        raise NotFound(f"Policy {name} does not exist.")
    policies[name] = _checked_policy(call.params["Policy"])
    return {}


def delete_email_identity_policy(call: Call) -> Answer:
    """Remove a policy; AWS does not mind if there is none."""
    call.identity().policies.pop(call.params["PolicyName"], None)
    return {}


def _tokens(domain: str) -> tuple[str, ...]:
    """Draw three tokens; a domain deleted and made again gets others, as in AWS."""
    seed = f"{domain} {uuid.uuid4()}"
    return tuple(_letters(hashlib.sha256(f"{seed} {n}".encode()).digest()) for n in range(3))


def _letters(digest: bytes) -> str:
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest)


def _dkim(identity: Identity) -> dict[str, Any]:
    if not identity.is_domain:
        return {
            "SigningEnabled": identity.signing_enabled,
            "Status": "NOT_STARTED",
            "SigningAttributesOrigin": "AWS_SES",
        }
    return {
        "SigningEnabled": identity.signing_enabled,
        "Status": identity.status,
        "Tokens": list(identity.dkim_tokens),
        "SigningHostedZone": identity.signing_hosted_zone,
        "SigningAttributesOrigin": identity.signing_origin,
        "NextSigningKeyLength": identity.key_length,
        "CurrentSigningKeyLength": identity.key_length,
        "LastKeyGenerationTimestamp": identity.created,
    }


def _verification_info(identity: Identity) -> dict[str, Any]:
    known = {
        "LastCheckedTimestamp": identity.checked,
        "LastSuccessTimestamp": identity.verified_at,
        "ErrorType": identity.error,
    }
    return {key: value for key, value in known.items() if value is not None}


def _type(identity: Identity) -> str:
    return "DOMAIN" if identity.is_domain else "EMAIL_ADDRESS"


def _refuse_own_keys(signing: dict[str, Any], operation: str) -> None:
    if set(signing) - {"NextSigningKeyLength"}:
        raise NotImplementedError(f"sesv2 {operation} with a DKIM key of one's own or of another Region")


def _checked_policy(text: str) -> str:
    if len(text) > _LONGEST_POLICY:
        raise BadRequest(f"A policy must not be longer than {_LONGEST_POLICY} characters.")
    try:
        json.loads(text)
    except ValueError as error:
        raise SesError("BadRequestException", "Policy is not valid JSON.") from error
    return text
