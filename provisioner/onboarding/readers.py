"""Who may read a tenant's SMTP password, and that whoever runs Innkeeper is among them before nobody else is."""

from collections.abc import Collection

from provisioner.errors import InnkeeperError
from provisioner.model.names import Place
from provisioner.model.tenant import Platform, Tenant

_ACCOUNT = 4  # the field of an ARN


def require_readers(tenant: Tenant, platform: Platform, place: Place, caller: str) -> None:
    """Raise InnkeeperError if the secret's policy would name a stranger, or leave out ``caller``, who mints and reads.

    ``caller`` is the ARN that STS gives.
    """
    role = tenant.credentials.reader_role
    if role and role.split(":")[_ACCOUNT] != place.account:
        raise InnkeeperError(
            f"{tenant.id}: credentials.reader_role is of account {role.split(':')[_ACCOUNT]}, the secret of "
            f"{place.account}: AWS's own key, which encrypts it, opens for no other account",
            hint="name a role in this account that the site's host may take on",
        )
    if platform.operators and not is_named(caller, platform.operators):
        raise InnkeeperError(
            f"{caller} is not one of the operators in platform.yaml, so it could not read the passwords it mints",
            hint="add its IAM role or user to operators, or run this as one of them",
        )


def is_named(caller: str, operators: Collection[str]) -> bool:
    """Whether the caller is an operator, or the account's root, which is never shut out.

    A session of a role shows the role's name but not its path, so a role is known by account and name.
    """
    if caller.endswith(":root"):
        return True
    resource = caller.split(":", 5)[-1]
    if not resource.startswith("assumed-role/"):
        return caller in operators
    account, name = caller.split(":")[_ACCOUNT], resource.split("/")[1]
    roles = (arn for arn in operators if ":role/" in arn)
    return any((arn.split(":")[_ACCOUNT], arn.rpartition("/")[2]) == (account, name) for arn in roles)


def protection(platform: Platform) -> str:
    """What keeps others from the passwords, in words; empty where the secrets themselves do."""
    if platform.operators:
        return ""
    return (
        "SMTP passwords: whoever may read secrets in this account can read them; "
        "name the operators in platform.yaml, and nobody else can"
    )
