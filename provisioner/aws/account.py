"""The SES account as a whole."""

from datetime import datetime, timedelta
from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.ports import AccountRates, AccountState

_RECENT = timedelta(days=2)  # SES publishes its reputation metrics some hours late


class AwsAccount:
    """The account over SES v2 and CloudWatch."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self) -> AccountState:
        """Whether SES lets this account send, and how much."""
        ses: Any = self._clients["sesv2"]
        found = call(ses.get_account)
        quota = found.get("SendQuota", {})
        return AccountState(
            sending_enabled=bool(found.get("SendingEnabled", True)),
            production=bool(found.get("ProductionAccessEnabled", False)),
            enforcement=str(found.get("EnforcementStatus", "HEALTHY")),
            max_24_hours=float(quota.get("Max24HourSend", 0)),
            sent_24_hours=float(quota.get("SentLast24Hours", 0)),
            max_per_second=float(quota.get("MaxSendRate", 0)),
        )

    def rates(self, now: datetime) -> AccountRates:
        """The latest bounce and complaint rate that SES itself counts, for the account."""
        cloudwatch: Any = self._clients["cloudwatch"]
        asked = {"bounce": "Reputation.BounceRate", "complaint": "Reputation.ComplaintRate"}
        answer = call(
            cloudwatch.get_metric_data,
            StartTime=now - _RECENT,
            EndTime=now,
            ScanBy="TimestampDescending",
            MetricDataQueries=[
                {
                    "Id": name,
                    "MetricStat": {
                        "Metric": {"Namespace": "AWS/SES", "MetricName": metric},
                        "Period": 3600,
                        "Stat": "Average",
                    },
                }
                for name, metric in asked.items()
            ],
        )
        latest = {found["Id"]: found["Values"][0] for found in answer["MetricDataResults"] if found["Values"]}
        return AccountRates(bounce_rate=latest.get("bounce"), complaint_rate=latest.get("complaint"))
