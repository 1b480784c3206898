"""One API call as the handlers see it, the errors they raise, and paging. Free of moto."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.sandbox.state import ConfigurationSet, Identity, SesState, Suppression, Tenant

Params = dict[str, Any]
Answer = dict[str, Any]

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUS = {
    "NotFoundException": 404,
    "ConflictException": 409,
    "TooManyRequestsException": 429,
    "AccessDeniedException": 403,
}


class SesError(Exception):
    """An error answer of SES: the code of the API, its HTTP status and the sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = _STATUS.get(code, 400)


class NotFound(SesError):
    """Answer NotFoundException, 404."""

    def __init__(self, message: str) -> None:
        super().__init__("NotFoundException", message)


class AlreadyExists(SesError):
    """Answer AlreadyExistsException, 400."""

    def __init__(self, message: str) -> None:
        super().__init__("AlreadyExistsException", message)


class BadRequest(SesError):
    """Answer BadRequestException, 400."""

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


@dataclass(frozen=True)
class Call:
    """Who calls, when, with what, on which state."""

    state: SesState
    now: datetime
    params: Params
    caller: str = "root"  # IAM user name of the access key
    source_ip: str = "127.0.0.1"

    def get(self, name: str) -> Any:
        """Return a parameter, None if absent."""
        return self.params.get(name)

    def flag(self, name: str) -> bool:
        """Return a boolean; absent means false, as in the API."""
        return bool(self.params.get(name, False))

    def tenant(self) -> Tenant:
        """Return the tenant named by TenantName."""
        name = self.params["TenantName"]
        if name not in self.state.tenants:
            raise NotFound(f"Tenant {name} for AwsAccountId {self.state.account} not found.")
        return self.state.tenants[name]

    def configuration_set(self) -> ConfigurationSet:
        """Return the set named by ConfigurationSetName."""
        return find_set(self.state, self.params["ConfigurationSetName"])

    def identity(self) -> Identity:
        """Return the identity named by EmailIdentity."""
        name = identity_name(self.params["EmailIdentity"])
        if name not in self.state.identities:
            raise NotFound(f"Email identity {name} does not exist.")
        return self.state.identities[name]


Handler = Callable[[Call], Answer]


def find_set(state: SesState, name: str) -> ConfigurationSet:
    """Return a configuration set or raise NotFound in the words of AWS."""
    if name not in state.configuration_sets:
        raise NotFound(f"Configuration set <{name}> does not exist.")
    return state.configuration_sets[name]


def identity_name(name: str) -> str:
    """Spell an identity as SES keeps it: the domain in lower case."""
    local, at, domain = name.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def checked_name(name: str, what: str) -> str:
    """Refuse names that AWS refuses."""
    if not NAME.fullmatch(name):
        raise BadRequest(f"{what} name must be 1 to 64 letters, digits, - or _: {name!r}")
    return name


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_dict(tags: Sequence[dict[str, str]] | None) -> dict[str, str]:
    """Read tags from the API's form."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def suppression_of(options: Params | None) -> Suppression:
    """Read suppression settings; an absent member stays None (not set at this level)."""
    options = options or {}
    reasons = options.get("SuppressedReasons")
    return Suppression(None if reasons is None else tuple(reasons), options.get("SuppressionScope"))


def suppression_answer(settings: Suppression) -> Answer:
    """Return suppression settings in the API's form; what is not set is left out."""
    answer: Answer = {}
    if settings.reasons is not None:
        answer["SuppressedReasons"] = list(settings.reasons)
    if settings.scope is not None:
        answer["SuppressionScope"] = settings.scope
    return answer


def paged(call: Call, member: str, items: Sequence[Any], default: int = 100) -> Answer:
    """Cut one page out of ``items``; the token is opaque to the caller."""
    start = _position(call.get("NextToken"))
    size = int(call.get("PageSize") or default)
    answer: Answer = {member: list(items[start : start + size])}
    if start + size < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(f"at:{start + size}".encode()).decode()
    return answer


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at:"))
    except ValueError as error:
        raise SesError("InvalidNextTokenException", "The next token is not valid.") from error
