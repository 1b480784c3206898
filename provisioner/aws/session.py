"""From the usual AWS configuration (profile, environment) to a session, and to which account that is."""

from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ProfileNotFound

from provisioner.aws.clients import Clients
from provisioner.aws.errors import call
from provisioner.errors import InnkeeperError
from provisioner.model.names import Place


def open_session(region: str, profile: str | None = None) -> boto3.Session:
    """The session of a profile, or of the environment. Opens no connection."""
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        raise InnkeeperError(str(error), hint="'aws configure list-profiles' shows the profiles there are") from None


def embedded(clients: Clients) -> bool:
    """Whether the clients talk to an AWS on this machine (AWS_ENDPOINT_URL names a loopback address)."""
    host = urlsplit(clients["sts"].meta.endpoint_url).hostname or ""
    return host == "localhost" or host.startswith("127.")


def place(clients: Clients, region: str) -> Place:
    """Account and partition of the caller."""
    answer = call(clients["sts"].get_caller_identity)
    return Place(account=answer["Account"], region=region, partition=answer["Arn"].split(":")[1])


def caller(clients: Clients) -> str:
    """The ARN of whoever asks."""
    return str(call(clients["sts"].get_caller_identity)["Arn"])
