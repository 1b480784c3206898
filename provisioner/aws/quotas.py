"""How many users and hosted zones this account has, and how many it may have: two calls."""

from collections.abc import Callable, Iterator

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.errors import InnkeeperError
from provisioner.onboarding.quotas import Room


def rooms(clients: Clients) -> Iterator[Room]:
    """Those that AWS tells. A look ahead must stop nobody, so what is refused is left out."""
    for read in (_users, _zones):
        if (room := _told(read, clients)) is not None:
            yield room


def _told(read: Callable[[Clients], Room], clients: Clients) -> Room | None:
    try:
        return read(clients)
    except InnkeeperError:
        return None


def _users(clients: Clients) -> Room:
    found = call(clients["iam"].get_account_summary)["SummaryMap"]
    return Room("aws_iam_user", "IAM users", int(found["Users"]), int(found["UsersQuota"]))


def _zones(clients: Clients) -> Room:
    found = call(clients["route53"].get_account_limit, Type="MAX_HOSTED_ZONES_BY_OWNER")
    return Room("aws_route53_zone", "hosted zones", int(found["Count"]), int(found["Limit"]["Value"]))
