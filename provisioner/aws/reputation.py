"""What AWS itself says about tenants and identities: its own pause, and the findings of its advisor."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.ports import AwsFinding, AwsView

_TENANT = ":tenant/"  # only SES tenants have a sending status of their own
_PAGE = 100
_LONGEST = 300  # characters of AWS's own sentences


class AwsReputation:
    """A Reputation over SES v2."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _ses(self) -> Any:
        return self._clients["sesv2"]

    def read(self, arns: Sequence[str]) -> dict[str, AwsView]:
        """Of these resources; one that does not exist is left out."""
        causes: dict[str, str] = {}
        findings: dict[str, list[AwsFinding]] = defaultdict(list)
        for arn in arns:
            try:
                causes |= _causes([self._entity(arn)] if _TENANT in arn else [])
                for item in self._recommendations(RESOURCE_ARN=arn):
                    findings[arn].append(_finding(item))
            except AwsError as err:
                if err.code != "NotFoundException":
                    raise
        return _views(causes, findings)

    def everything(self) -> dict[str, AwsView]:
        """Of all resources, by listings of what is paused and of what is open."""
        paused = self._pages(
            self._ses.list_reputation_entities, "ReputationEntities", Filter={"SENDING_STATUS": "DISABLED"}
        )
        findings: dict[str, list[AwsFinding]] = defaultdict(list)
        for item in self._recommendations():
            findings[str(item.get("ResourceArn", ""))].append(_finding(item))
        return _views(_causes(paused), findings)

    def _entity(self, arn: str) -> dict[str, Any]:
        answer = call(self._ses.get_reputation_entity, ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
        found: dict[str, Any] = answer["ReputationEntity"]
        return found

    def _recommendations(self, **wanted: str) -> Iterator[dict[str, Any]]:
        return self._pages(self._ses.list_recommendations, "Recommendations", Filter={"STATUS": "OPEN", **wanted})

    def _pages(self, method: Any, member: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = call(method, PageSize=_PAGE, **arguments, **token)
            yield from page.get(member, ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def _causes(entities: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> dict[str, str]:
    """Why, by ARN, for those that AWS paused. A pause of our own is no news."""
    found = {}
    for entity in entities:
        theirs = entity.get("AwsSesManagedStatus", {})
        if theirs.get("Status") == "DISABLED":
            found[str(entity["ReputationEntityReference"])] = str(theirs.get("Cause", ""))[:_LONGEST]
    return found


def _finding(item: Mapping[str, Any]) -> AwsFinding:
    return AwsFinding(
        kind=str(item.get("Type", "")),
        impact=str(item.get("Impact", "")),
        text=str(item.get("Description", ""))[:_LONGEST],
    )


def _views(causes: Mapping[str, str], findings: Mapping[str, Sequence[AwsFinding]]) -> dict[str, AwsView]:
    return {
        arn: AwsView(
            paused=arn in causes, cause=causes.get(arn, ""), findings=tuple(sorted(set(findings.get(arn, ()))))
        )
        for arn in sorted({*causes, *findings})
    }
