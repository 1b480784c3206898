"""The SES account as a whole."""

from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.ports import AccountState


class AwsAccount:
    """The account over SES v2."""

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
