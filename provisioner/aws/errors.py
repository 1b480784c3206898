"""AWS's errors as InnkeeperErrors: told apart by their code, each with what to do next."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from provisioner.errors import InnkeeperError

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
BAD_KEY = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "SlowDown",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
    }
)

LOG_IN = "your AWS session has ended: log in again (for example 'aws sso login') and repeat the command"


class AwsError(InnkeeperError):
    """AWS refused or did not answer. ``code`` is AWS's own word, ``operation`` the call."""

    def __init__(self, message: str, *, code: str, operation: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.operation = operation


class AccessDeniedError(AwsError):
    """The caller's role may not do this."""


class LoginError(AwsError):
    """No AWS credentials, expired ones, or wrong ones."""

    ends_run = True


class ThrottledError(AwsError):
    """AWS asked to slow down, after botocore's own retries."""


class UnreachableError(AwsError):
    """No answer: network, time-out, or a 5xx after botocore's own retries."""


def call(method: Callable[..., Any], **arguments: Any) -> Any:
    """Call a boto3 client's method; its errors come out translated.

    Nothing of the arguments is repeated in an error: they may hold a password.
    """
    try:
        return method(**arguments)
    except ParamValidationError:
        # botocore quotes the arguments here, so the cause is dropped on purpose.
        operation = getattr(method, "__name__", "call")
        raise AwsError(
            f"{operation}: an argument has a form that AWS does not take", code="ParamValidation", operation=operation
        ) from None
    except (ClientError, BotoCoreError) as err:
        raise translate(err, getattr(method, "__name__", "call")) from err


def known(err: Exception) -> InnkeeperError:
    """The InnkeeperError for whatever botocore raised outside of ``call``."""
    if isinstance(err, ClientError | BotoCoreError) and not isinstance(err, ParamValidationError):
        return translate(err, "a call")
    name = type(err).__name__
    return AwsError(f"AWS could not be asked ({name})", code=name, operation="", hint="add --debug to see where")


def translate(err: ClientError | BotoCoreError, operation: str) -> AwsError:
    """The InnkeeperError for a botocore error."""
    if not isinstance(err, ClientError):
        return _without_answer(err, operation)
    code = str(err.response.get("Error", {}).get("Code", "Unknown"))
    said = str(err.response.get("Error", {}).get("Message", ""))[:300]
    name = err.operation_name or operation
    status = int(err.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind, hint = _judge(code, name, status)
    return kind(f"AWS refused {name} ({code}): {said}".rstrip(": "), code=code, operation=name, hint=hint)


def _judge(code: str, name: str, status: int) -> tuple[type[AwsError], str]:
    if code in EXPIRED:
        return (
            LoginError,
            "your AWS session has ended: log in again (for example 'aws sso login') and repeat the command",
        )
    if code in BAD_KEY:
        return (
            LoginError,
            "AWS does not know these credentials: look at AWS_PROFILE and the account you are in",
        )
    if code in DENIED:
        return AccessDeniedError, f"give the role or user that ran this the permission for {name}, then repeat"
    if code in THROTTLED or status == 429:  # noqa: PLR2004 - Too Many Requests
        return ThrottledError, "AWS asks to slow down; what is left is taken up by the next run"
    if status >= 500:  # noqa: PLR2004 - server errors
        return UnreachableError, "AWS has a fault of its own; what is left is taken up by the next run"
    return AwsError, ""


def _without_answer(err: BotoCoreError, operation: str) -> AwsError:
    name = type(err).__name__
    if isinstance(err, NoCredentialsError | PartialCredentialsError):
        return LoginError(
            "there are no AWS credentials", code=name, operation=operation, hint="log in to AWS, or set AWS_PROFILE"
        )
    if "Token" in name or "SSO" in name or "Credential" in name:
        return LoginError(
            f"AWS credentials cannot be used ({name})",
            code=name,
            operation=operation,
            hint=LOG_IN,
        )
    return UnreachableError(
        f"{operation}: no answer from AWS ({name})",
        code=name,
        operation=operation,
        hint="look at the network; what is left is taken up by the next run",
    )
