"""Configuration sets, their options and their event destinations."""

from typing import Any

from provisioner.sandbox.publish import announce
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
from provisioner.sandbox.ses.tenants import refuse_associated
from provisioner.sandbox.state import ConfigurationSet, EventDestination

_MOST_SETS = 10_000
_MOST_DESTINATIONS = 10
_TARGETS = (
    "SnsDestination",
    "KinesisFirehoseDestination",
    "CloudWatchDestination",
    "EventBridgeDestination",
    "PinpointDestination",
)
_DELIVERY = ("TlsPolicy", "SendingPoolName", "MaxDeliverySeconds", "SharedPoolDeliveryMode")
_SHORTEST_DELIVERY, _LONGEST_DELIVERY = 300, 50_400


def create_configuration_set(call: Call) -> Answer:
    """Make a set; sending is on unless said otherwise."""
    state, name = call.state, checked_name(call.params["ConfigurationSetName"], "Configuration set")
    _refuse_unknown_options(call)
    if name in state.configuration_sets:
        raise AlreadyExists(f"Configuration set <{name}> already exists.")
    if len(state.configuration_sets) >= _MOST_SETS:
        raise SesError("LimitExceededException", f"You cannot have more than {_MOST_SETS} configuration sets.")
    reputation = call.get("ReputationOptions") or {}
    state.configuration_sets[name] = ConfigurationSet(
        name=name,
        arn=state.arn("configuration-set", name),
        sending_enabled=bool((call.get("SendingOptions") or {}).get("SendingEnabled", True)),
        reputation_metrics=bool(reputation.get("ReputationMetricsEnabled", False)),
        last_fresh_start=reputation.get("LastFreshStart"),
        suppression=suppression_of(call.get("SuppressionOptions")),
        delivery=_delivery(call.get("DeliveryOptions") or {}),
        tracking=dict(call.get("TrackingOptions") or {}),
        vdm=dict(call.get("VdmOptions") or {}),
        archiving=dict(call.get("ArchivingOptions") or {}),
        tags=tag_dict(call.get("Tags")),
    )
    return {}


def get_configuration_set(call: Call) -> Answer:
    """Describe a set; options never set are left out, except those AWS always answers."""
    item = call.configuration_set()
    reputation: dict[str, Any] = {"ReputationMetricsEnabled": item.reputation_metrics}
    if item.last_fresh_start is not None:
        reputation["LastFreshStart"] = item.last_fresh_start
    optional = {
        "TrackingOptions": item.tracking,
        "SuppressionOptions": suppression_answer(item.suppression),
        "VdmOptions": item.vdm,
        "ArchivingOptions": item.archiving,
    }
    return {
        "ConfigurationSetName": item.name,
        "DeliveryOptions": {"TlsPolicy": "OPTIONAL", **item.delivery},
        "ReputationOptions": reputation,
        "SendingOptions": {"SendingEnabled": item.sending_enabled},
        "Tags": tag_list(item.tags),
        **{key: value for key, value in optional.items() if value},
    }


def list_configuration_sets(call: Call) -> Answer:
    """List the names."""
    return paged(call, "ConfigurationSets", list(call.state.configuration_sets))


def delete_configuration_set(call: Call) -> Answer:
    """Drop a set with its destinations, unless a tenant uses it."""
    item = call.configuration_set()
    refuse_associated(call.state, item.arn)
    del call.state.configuration_sets[item.name]
    return {}


def put_configuration_set_sending_options(call: Call) -> Answer:
    """Switch sending with this set on or off."""
    call.configuration_set().sending_enabled = call.flag("SendingEnabled")
    return {}


def put_configuration_set_reputation_options(call: Call) -> Answer:
    """Switch the metrics; switching on starts the counting afresh."""
    item, wanted = call.configuration_set(), call.flag("ReputationMetricsEnabled")
    if wanted and not item.reputation_metrics:
        item.last_fresh_start = call.now
    item.reputation_metrics = wanted
    return {}


def put_configuration_set_suppression_options(call: Call) -> Answer:
    """Override reasons and scope of the tenant or account; absent members clear the override."""
    if call.get("ValidationOptions"):
        raise NotImplementedError("sesv2 PutConfigurationSetSuppressionOptions with ValidationOptions")
    call.configuration_set().suppression = suppression_of(call.params)
    return {}


def put_configuration_set_delivery_options(call: Call) -> Answer:
    """Set the TLS policy and how long SES tries."""
    call.configuration_set().delivery = _delivery(call.params)
    return {}


def put_configuration_set_tracking_options(call: Call) -> Answer:
    """Set the domain of tracked links."""
    members = ("CustomRedirectDomain", "HttpsPolicy")
    call.configuration_set().tracking = {key: call.params[key] for key in members if call.get(key)}
    return {}


def put_configuration_set_vdm_options(call: Call) -> Answer:
    """Store the Virtual Deliverability Manager options."""
    call.configuration_set().vdm = dict(call.get("VdmOptions") or {})
    return {}


def put_configuration_set_archiving_options(call: Call) -> Answer:
    """Store the archive; absent clears it."""
    arn = call.get("ArchiveArn")
    call.configuration_set().archiving = {"ArchiveArn": arn} if arn else {}
    return {}


def create_configuration_set_event_destination(call: Call) -> Answer:
    """Add an event destination."""
    item, name = call.configuration_set(), checked_name(call.params["EventDestinationName"], "Event destination")
    if name in item.destinations:
        raise AlreadyExists(f"Event destination {name} already exists in configuration set {item.name}.")
    if len(item.destinations) >= _MOST_DESTINATIONS:
        raise SesError("LimitExceededException", f"You cannot have more than {_MOST_DESTINATIONS} destinations a set.")
    item.destinations[name] = destination = _destination(name, call.params["EventDestination"])
    if destination.topic_arn:
        announce(call.state.account, call.state.region, item.name, destination)
    return {}


def get_configuration_set_event_destinations(call: Call) -> Answer:
    """Describe the destinations of a set."""
    found = call.configuration_set().destinations.values()
    return {
        "EventDestinations": [
            {"Name": d.name, "Enabled": d.enabled, "MatchingEventTypes": list(d.types), **d.targets} for d in found
        ]
    }


def update_configuration_set_event_destination(call: Call) -> Answer:
    """Replace an event destination."""
    name = _known_destination(call)
    call.configuration_set().destinations[name] = _destination(name, call.params["EventDestination"])
    return {}


def delete_configuration_set_event_destination(call: Call) -> Answer:
    """Remove an event destination."""
    del call.configuration_set().destinations[_known_destination(call)]
    return {}


def _known_destination(call: Call) -> str:
    name = str(call.params["EventDestinationName"])
    if name not in call.configuration_set().destinations:
        raise NotFound(f"Event destination {name} does not exist.")
    return name


def _destination(name: str, definition: dict[str, Any]) -> EventDestination:
    types = tuple(definition.get("MatchingEventTypes") or ())
    targets = {key: definition[key] for key in _TARGETS if definition.get(key)}
    if not types:
        raise BadRequest("MatchingEventTypes must name at least one event type.")
    if len(targets) != 1:
        raise BadRequest("An event destination has exactly one target.")
    return EventDestination(name, bool(definition.get("Enabled", False)), types, targets)


def _delivery(options: dict[str, Any]) -> dict[str, Any]:
    seconds = options.get("MaxDeliverySeconds")
    if seconds is not None and not _SHORTEST_DELIVERY <= int(seconds) <= _LONGEST_DELIVERY:
        raise BadRequest(f"MaxDeliverySeconds must be {_SHORTEST_DELIVERY} to {_LONGEST_DELIVERY}.")
    return {key: options[key] for key in _DELIVERY if options.get(key) is not None}


def _refuse_unknown_options(call: Call) -> None:
    asked = call.get("MessageSecurityOptions") or (call.get("SuppressionOptions") or {}).get("ValidationOptions")
    if asked:
        raise NotImplementedError("sesv2 CreateConfigurationSet with MessageSecurityOptions or ValidationOptions")
