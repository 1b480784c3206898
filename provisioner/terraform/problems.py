"""What Terraform complains about, as an error that says what to do next."""

import re
from collections.abc import Sequence

from provisioner.errors import InnkeeperError
from provisioner.terraform.progress import Diagnostic


class TerraformError(InnkeeperError):
    """Terraform failed. ``diagnostics`` are its own words."""

    def __init__(self, message: str, *, hint: str = "", diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message, hint=hint)
        self.diagnostics = tuple(diagnostics)


class StateLockedError(TerraformError):
    """Somebody else works on this state, or a run died without unlocking it. Never unlocked by us."""

    def __init__(self, who: str, since: str, lock_id: str, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(
            f"the state is locked by {who} since {since}",
            hint="wait until that run has ended. If it died, unlock by hand in the root's folder: "
            f"terraform force-unlock {lock_id}",
            diagnostics=diagnostics,
        )
        self.who = who
        self.since = since
        self.lock_id = lock_id


class LockUnknownError(TerraformError):
    """Whether the state is locked could not be found out: nothing was applied (E5)."""


class StalePlanError(TerraformError):
    """The state changed after the plan was made (E15). Plan again."""


class NotLoggedInError(TerraformError):
    """No AWS credentials, expired ones, or those of another account (E20)."""

    ends_run = True


class ExistsError(TerraformError):
    """Something of that name is there already and is not in the state."""


class CancelledError(TerraformError):
    """Ctrl-C. What was made is in the state."""


_LOCK_FIELD = re.compile(r"^\s*(ID|Who|Created):\s*(.+?)\s*$", re.MULTILINE)

# What the first error says -> what to do. Looked for in summary and detail, in this order.
_LOGIN = (
    (
        r"ExpiredToken|security token.*expired|token has expired",
        "your AWS session has ended: log in again and repeat the command; what was made is in the state",
    ),
    (
        r"No valid credential sources|no EC2 IMDS role|failed to refresh cached credentials|NoCredential",
        "log in to AWS, or set AWS_PROFILE",
    ),
    (
        r"InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch",
        "AWS does not know these credentials: look at AWS_PROFILE and at the account you are logged in to",
    ),
    (
        r"AWS account ID not allowed",
        "you are logged in to another account than the one this was planned for: look at AWS_PROFILE",
    ),
)
_HINTS = (
    (
        r"AccessDenied|not authorized to perform|UnauthorizedOperation",
        "give the role or user that ran this the permission named above, then repeat",
    ),
    (r"Throttl|TooManyRequests|Rate exceeded", "AWS asks to slow down: repeat in a few minutes; what was made is kept"),
    (
        r"Failed to query available provider packages|could not connect to registry|no available releases match",
        "Terraform cannot get its AWS provider: look at the network, or at the folder in INNKEEPER_PROVIDER_MIRROR",
    ),
    (r"LimitExceeded|TooManyHostedZones|QuotaExceeded", "a quota of this AWS account is used up: ask AWS to raise it"),
    (r"no space left on device", "the disk is full: free some space and repeat; what was made is in the state"),
    (r"connection refused|no such host|i/o timeout|dial tcp", "AWS was not reachable: look at the network and repeat"),
)
_EXISTS = r"AlreadyExists|already exists|BucketAlreadyOwned"


def translate(what: str, diagnostics: Sequence[Diagnostic], rest: str = "") -> TerraformError:
    """The error for a failed run of ``what``. ``rest`` is what Terraform said outside of its JSON."""
    errors = [found for found in diagnostics if found.severity == "error"]
    said = "\n".join(f"{found.summary}\n{found.detail}" for found in errors) or rest
    if "Error acquiring the state lock" in said:
        return _locked(said, errors)
    if "Saved plan is stale" in said:
        return StalePlanError("the state changed after the plan was made", hint="plan again", diagnostics=errors)
    message = f"terraform {what} failed: {_sentence(errors, rest)}"
    if re.search(_EXISTS, said):
        return ExistsError(
            message,
            hint="it is not in Terraform's state: run the command again, it looks for what an earlier run left behind "
            "and takes it over; if it is not ours, rename or remove it",
            diagnostics=errors,
        )
    if hint := _first(_LOGIN, said):
        return NotLoggedInError(message, hint=hint, diagnostics=errors)
    hint = _first(_HINTS, said)
    return TerraformError(message, hint=hint or "run it again; what was made is in the state", diagnostics=errors)


def _first(table: Sequence[tuple[str, str]], said: str) -> str:
    return next((hint for pattern, hint in table if re.search(pattern, said)), "")


def _locked(said: str, errors: Sequence[Diagnostic]) -> TerraformError:
    fields = dict(_LOCK_FIELD.findall(said))
    if "ID" in fields and "Who" in fields:
        return StateLockedError(fields["Who"], fields.get("Created", "an unknown time"), fields["ID"], errors)
    return LockUnknownError(
        f"whether the state is locked could not be found out, so nothing was done: {_sentence(errors, said)}",
        hint="look at the bucket that holds the state, and at your permission to write there",
        diagnostics=errors,
    )


def _sentence(errors: Sequence[Diagnostic], rest: str) -> str:
    if not errors:
        return rest.strip()[-1000:] or "it said nothing"
    parts = []
    for found in errors[:5]:
        where = f"{found.address}: " if found.address else ""
        detail = f" ({' '.join(found.detail.split())[:400]})" if found.detail else ""
        parts.append(f"{where}{' '.join(found.summary.split())[:600]}{detail}")
    more = f"; and {len(errors) - 5} more" if len(errors) > 5 else ""  # noqa: PLR2004
    return "; ".join(parts) + more
