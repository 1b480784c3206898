"""Whether a tenant's mail and its feedback flow, seen from outside of the feedback itself."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.model.manifest import Manifest

TARGET = "success@simulator.amazonses.com"
_MOST = 500  # metrics in one call
_PERIOD = 3600


class AwsProbe:
    """A Probe over SES and CloudWatch.

    The canary is sent by the platform's role, not with the tenant's own credentials: those can send anything to
    anybody, and no function but the one that rotates them may read them. The role may send for every tenant, but by its
    policy to this one address of the mailbox simulator only; so whoever takes over the function gains no mail.
    What the canary does not prove, that the site can log in, the site itself notices at its next mail.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send(self, tenant: Manifest) -> str:
        """Mail the simulator from the tenant's own address, through its own set and SES tenant; SES's id."""
        ses: Any = self._clients["sesv2"]
        own = {"TenantName": tenant.ses_tenant} if tenant.ses_tenant else {}
        text = {"Data": "Sent once a week to see that delivery events of this domain arrive."}
        answer = call(
            ses.send_email,
            FromEmailAddress=tenant.from_address,
            Destination={"ToAddresses": [TARGET]},
            Content={"Simple": {"Subject": {"Data": "Weekly check"}, "Body": {"Text": text}}},
            ConfigurationSetName=tenant.configuration_set,
            **own,
        )
        return str(answer["MessageId"])

    def sends(self, tenants: Sequence[Manifest], since: datetime, until: datetime) -> dict[str, int]:
        """Mails by SES's own count; a tenant without an SES tenant, or without mail, is left out."""
        known = [tenant for tenant in tenants if tenant.ses_tenant and tenant.ses_tenant_arn]
        found: dict[str, int] = {}
        for start in range(0, len(known), _MOST):
            found |= self._sends(known[start : start + _MOST], since, until)
        return found

    def _sends(self, tenants: Sequence[Manifest], since: datetime, until: datetime) -> dict[str, int]:
        asked = [_query(number, tenant) for number, tenant in enumerate(tenants)]
        totals = {result["Id"]: round(sum(result["Values"])) for result in self._results(asked, since, until)}
        counts = {tenant.tenant: totals.get(f"m{number}", 0) for number, tenant in enumerate(tenants)}
        return {tenant: count for tenant, count in counts.items() if count}

    def _results(self, asked: list[dict[str, Any]], since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        cloudwatch: Any = self._clients["cloudwatch"]
        token: dict[str, str] = {}
        while True:
            page = call(cloudwatch.get_metric_data, StartTime=since, EndTime=until, MetricDataQueries=asked, **token)
            yield from page["MetricDataResults"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}


def _query(number: int, tenant: Manifest) -> dict[str, Any]:
    tenant_id = (tenant.ses_tenant_arn or "").rpartition("/")[2]
    dimensions = [{"Name": "TenantId", "Value": tenant_id}, {"Name": "TenantName", "Value": tenant.ses_tenant}]
    metric = {"Namespace": "AWS/SES", "MetricName": "Sends", "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "Sum"}}
