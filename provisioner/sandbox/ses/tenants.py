"""SES tenants, what belongs to them, and their sending status (the reputation entity)."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from provisioner.sandbox.ses.call import (
    AlreadyExists,
    Answer,
    BadRequest,
    Call,
    NotFound,
    SesError,
    checked_name,
    paged,
    suppression_answer,
    suppression_of,
    tag_dict,
    tag_list,
)
from provisioner.sandbox.state import POLICY_ARN, SesState, Suppression, Tenant

_MOST_TENANTS = 10_000
_POLICIES = ("standard", "strict", "none")


def create_tenant(call: Call) -> Answer:
    """Make a tenant; new ones get the standard reputation policy."""
    state, name = call.state, checked_name(call.params["TenantName"], "Tenant")
    if name in state.tenants:
        raise AlreadyExists(f"Tenant {name} already exists.")
    if len(state.tenants) >= _MOST_TENANTS:
        raise SesError("LimitExceededException", f"You cannot have more than {_MOST_TENANTS} tenants.")
    tenant_id = f"tn-{uuid.uuid4().hex[:29]}"
    state.tenants[name] = Tenant(
        name=name,
        id=tenant_id,
        arn=state.arn("tenant", f"{name}/{tenant_id}"),
        created=call.now,
        policy_arn=_policy_arn(state, "standard"),
        tags=tag_dict(call.get("Tags")),
        suppression=_checked_suppression(call.get("SuppressionAttributes") or {}),
    )
    return _describe(state.tenants[name])


def get_tenant(call: Call) -> Answer:
    """Describe one tenant."""
    return {"Tenant": _describe(call.tenant())}


def delete_tenant(call: Call) -> Answer:
    """Drop a tenant with its associations and its suppression list."""
    del call.state.tenants[call.tenant().name]
    return {}


def list_tenants(call: Call) -> Answer:
    """List tenants, without tags and suppression settings, as the API does."""
    brief = ("TenantName", "TenantId", "TenantArn", "CreatedTimestamp", "SendingStatus")
    tenants = [{key: _describe(tenant)[key] for key in brief} for tenant in call.state.tenants.values()]
    return paged(call, "Tenants", tenants)


def put_tenant_suppression_attributes(call: Call) -> Answer:
    """Set scope and reasons together, or clear both."""
    call.tenant().suppression = _checked_suppression(call.params)
    return {}


def create_tenant_resource_association(call: Call) -> Answer:
    """Associate an existing identity or configuration set."""
    tenant, arn = call.tenant(), call.params["ResourceArn"]
    if not _exists(call.state, arn):
        raise NotFound(f"Resource {arn} does not exist.")
    if arn in tenant.resources:
        raise AlreadyExists(f"Resource {arn} is already associated with tenant {tenant.name}.")
    tenant.resources[arn] = call.now
    return {}


def delete_tenant_resource_association(call: Call) -> Answer:
    """Undo an association."""
    tenant, arn = call.tenant(), call.params["ResourceArn"]
    if tenant.resources.pop(arn, None) is None:
        raise NotFound(f"Resource {arn} is not associated with tenant {tenant.name}.")
    return {}


def list_tenant_resources(call: Call) -> Answer:
    """List what belongs to a tenant, of one type if asked."""
    wanted = (call.get("Filter") or {}).get("RESOURCE_TYPE")
    resources = [{"ResourceType": _type(arn), "ResourceArn": arn} for arn in call.tenant().resources]
    return paged(call, "TenantResources", [item for item in resources if wanted in (None, item["ResourceType"])])


def list_resource_tenants(call: Call) -> Answer:
    """List the tenants a resource belongs to."""
    arn = call.params["ResourceArn"]
    if not _exists(call.state, arn):
        raise NotFound(f"Resource {arn} does not exist.")
    found = [
        {"TenantName": t.name, "TenantId": t.id, "ResourceArn": arn, "AssociatedTimestamp": t.resources[arn]}
        for t in call.state.tenants.values()
        if arn in t.resources
    ]
    return paged(call, "ResourceTenants", found)


def get_reputation_entity(call: Call) -> Answer:
    """Describe the sending status and policy of a tenant."""
    return {"ReputationEntity": _entity(_referenced(call))}


def list_reputation_entities(call: Call) -> Answer:
    """List all tenants' statuses, filtered as the API filters."""
    entities = [_entity(tenant) for tenant in call.state.tenants.values()]
    return paged(call, "ReputationEntities", [entity for entity in entities if _passes(entity, call.get("Filter"))])


def update_reputation_entity_customer_managed_status(call: Call) -> Answer:
    """Pause or resume a tenant on the customer's behalf; what AWS decided stays."""
    tenant = _referenced(call)
    tenant.customer_status = call.params["SendingStatus"]
    tenant.customer_changed = call.now
    return {}


def update_reputation_entity_policy(call: Call) -> Answer:
    """Set which findings let AWS pause the tenant."""
    arn = call.params["ReputationEntityPolicy"]
    if arn not in [_policy_arn(call.state, name) for name in _POLICIES]:
        raise BadRequest(f"Unknown reputation policy {arn}.")
    _referenced(call).policy_arn = arn
    return {}


def list_recommendations(call: Call) -> Answer:
    """List the findings that were put into the state, filtered as the API filters. An unknown resource is refused."""
    wanted = call.get("Filter") or {}
    arn = wanted.get("RESOURCE_ARN")
    if arn and not (call.state.tenant_by_arn(arn) or _exists(call.state, arn)):
        raise NotFound(f"Resource {arn} does not exist.")
    found = []
    for one in call.state.recommendations:
        actual = {"TYPE": one.type, "IMPACT": one.impact, "STATUS": one.status, "RESOURCE_ARN": one.resource}
        if all(actual[key] == value for key, value in wanted.items()):
            found.append(
                {
                    "ResourceArn": one.resource,
                    "Type": one.type,
                    "Description": one.description,
                    "Status": one.status,
                    "CreatedTimestamp": one.created,
                    "LastUpdatedTimestamp": one.created,
                    "Impact": one.impact,
                }
            )
    return paged(call, "Recommendations", found)


def associated(state: SesState, arn: str) -> list[str]:
    """Name the tenants that a resource belongs to: it cannot be deleted meanwhile."""
    return [tenant.name for tenant in state.tenants.values() if arn in tenant.resources]


def refuse_associated(state: SesState, arn: str) -> None:
    """Refuse to delete what a tenant still uses."""
    if names := associated(state, arn):
        raise BadRequest(f"Resource {arn} is associated with tenants {', '.join(names)}; remove it there first.")


def _describe(tenant: Tenant) -> Answer:
    answer: Answer = {
        "TenantName": tenant.name,
        "TenantId": tenant.id,
        "TenantArn": tenant.arn,
        "CreatedTimestamp": tenant.created,
        "Tags": tag_list(tenant.tags),
        "SendingStatus": tenant.sending_status,
    }
    if settings := suppression_answer(tenant.suppression):
        answer["SuppressionAttributes"] = settings
    return answer


def _entity(tenant: Tenant) -> Answer:
    return {
        "ReputationEntityReference": tenant.arn,
        "ReputationEntityType": "RESOURCE",
        "ReputationManagementPolicy": tenant.policy_arn,
        "CustomerManagedStatus": _record(tenant.customer_status, tenant.customer_cause, tenant.customer_changed),
        "AwsSesManagedStatus": _record(tenant.aws_status, tenant.aws_cause, tenant.aws_changed),
        "SendingStatusAggregate": tenant.sending_status,
    }


def _record(status: str, cause: str | None, changed: datetime | None) -> Answer:
    known = {"Status": status, "Cause": cause, "LastUpdatedTimestamp": changed}
    return {key: value for key, value in known.items() if value is not None}


def _passes(entity: Answer, wanted: dict[str, Any] | None) -> bool:
    actual = {
        "ENTITY_TYPE": entity["ReputationEntityType"],
        "ENTITY_REFERENCE_PREFIX": entity["ReputationEntityReference"],
        "SENDING_STATUS": entity["SendingStatusAggregate"],
        "REPUTATION_IMPACT": None,
    }
    for key, value in (wanted or {}).items():
        if key == "ENTITY_REFERENCE_PREFIX":
            if not str(actual[key]).startswith(value):
                return False
        elif actual.get(key) != value:
            return False
    return True


def _referenced(call: Call) -> Tenant:
    reference = unquote(call.params["ReputationEntityReference"])
    if call.params["ReputationEntityType"] != "RESOURCE":
        raise BadRequest("ReputationEntityType must be RESOURCE.")
    tenant = call.state.tenant_by_arn(reference)
    if tenant is None:
        raise NotFound(f"Reputation entity {reference} does not exist.")
    return tenant


def _checked_suppression(options: dict[str, Any]) -> Suppression:
    settings = suppression_of(options)
    if (settings.reasons is None) != (settings.scope is None):
        raise BadRequest("SuppressedReasons and SuppressionScope go together: give both or neither.")
    return settings


def _policy_arn(state: SesState, policy: str) -> str:
    return POLICY_ARN.format(partition=state.partition, region=state.region, policy=policy)


def _exists(state: SesState, arn: str) -> bool:
    arns = [item.arn for item in state.identities.values()] + [item.arn for item in state.configuration_sets.values()]
    return arn in arns


def _type(arn: str) -> str:
    return "CONFIGURATION_SET" if ":configuration-set/" in arn else "EMAIL_IDENTITY"
