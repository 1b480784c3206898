"""The condition operators of policies: what each compares, and what a missing key means."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from provisioner.sandbox.policy_text import (
    Context,
    Pattern,
    PolicyError,
    matches,
    matches_arn,
    parse_pattern,
    plain,
)

_ANY, _ALL, _IF_EXISTS = "ForAnyValue:", "ForAllValues:", "IfExists"

# A key beyond these would silently be "missing" in every request here, so it is refused instead.
# ses: keys of the service authorization reference; aws: global keys (IAM reference_policies_condition-keys).
_KNOWN = {
    "ses": "ApiVersion ExportSourceType FeedbackAddress FromAddress FromDisplayName Recipients "
    "ReplicaRegion TenantName MultiRegionEndpointId",
    "aws": "CalledVia CalledViaFirst CalledViaLast CurrentTime EpochTime FederatedProvider MultiFactorAuthAge "
    "MultiFactorAuthPresent PrincipalAccount PrincipalArn PrincipalIsAWSService PrincipalOrgID PrincipalOrgPaths "
    "PrincipalServiceName PrincipalServiceNamesList PrincipalTag PrincipalType Referer RequestTag RequestedRegion "
    "ResourceAccount ResourceOrgID ResourceOrgPaths ResourceTag SecureTransport SourceAccount SourceArn SourceIdentity "
    "SourceIp SourceOrgID SourceOrgPaths SourceOwner SourceVpc SourceVpce TagKeys TokenIssueTime UserAgent "
    "ViaAWSService VpcSourceIp userid username",
    "sns": "Endpoint Protocol",
    "sqs": "",
    "kms": "CallerAccount EncryptionContext EncryptionContextKeys ViaService GrantIsForAWSResource",
}
_KNOWN_KEYS = {f"{service}:{name}".lower() for service, names in _KNOWN.items() for name in names.split()}
_WITH_SUBKEY = {"aws:principaltag", "aws:requesttag", "aws:resourcetag", "kms:encryptioncontext"}
_SEVERAL_VALUES = {"ses:recipients", "aws:tagkeys", "aws:calledvia", "kms:encryptioncontextkeys"}
_KEY = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+(/.+)?")


def _text(value: str, pattern: Pattern) -> bool:
    return value == plain(pattern)


def _text_any_case(value: str, pattern: Pattern) -> bool:
    return value.casefold() == plain(pattern).casefold()


def _pattern(value: str, pattern: Pattern) -> bool:
    return matches(pattern, value)


def _address(value: str, pattern: Pattern) -> bool:
    try:
        network = ipaddress.ip_network(plain(pattern), strict=False)
    except ValueError as error:
        raise PolicyError(f"not an IP address or range: {plain(pattern)!r}") from error
    address = ipaddress.ip_address(value)
    return address.version == network.version and address in network


def _truth(value: str, pattern: Pattern) -> bool:
    wanted = plain(pattern).lower()
    if wanted not in ("true", "false"):
        raise PolicyError(f"expected true or false, got {wanted!r}")
    return value.lower() == wanted


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise PolicyError(f"not a number: {text!r}") from error


def _moment(text: str) -> Decimal:
    """Seconds since 1970, from such a number or from ISO 8601."""
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PolicyError(f"not a date: {text!r}") from error
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


Test = Callable[[str, Pattern], bool]


def _ordered(read: Callable[[str], Decimal], decide: Callable[[Decimal, Decimal], bool]) -> Test:
    return lambda value, pattern: decide(read(value), read(plain(pattern)))


_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
_POSITIVE: dict[str, Test] = {
    "StringEquals": _text,
    "StringEqualsIgnoreCase": _text_any_case,
    "StringLike": _pattern,
    "ArnEquals": lambda value, pattern: matches_arn(pattern, value),
    "ArnLike": lambda value, pattern: matches_arn(pattern, value),
    "IpAddress": _address,
    "Bool": _truth,
    **{f"Numeric{name}": _ordered(_number, order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _ordered(_moment, order) for name, order in _ORDERS.items()},
}
_NEGATED: dict[str, Test] = {
    "StringNotEquals": _text,
    "StringNotEqualsIgnoreCase": _text_any_case,
    "StringNotLike": _pattern,
    "ArnNotEquals": _POSITIVE["ArnEquals"],
    "ArnNotLike": _POSITIVE["ArnLike"],
    "NotIpAddress": _address,
    "NumericNotEquals": _POSITIVE["NumericEquals"],
    "DateNotEquals": _POSITIVE["DateEquals"],
}


@dataclass(frozen=True)
class Condition:
    """One operator applied to one key; the values are alternatives."""

    operator: str
    key: str  # lower case
    values: tuple[str, ...]
    quantifier: str = ""  # ForAnyValue:, ForAllValues: or nothing
    if_exists: bool = False

    def holds(self, context: Context, *, variables: bool) -> bool:
        """Is the condition met? Several conditions of a statement must all be."""
        given = _as_values(context.get(self.key))
        if self.operator == "Null":
            return (not given) == (self.values[0].lower() == "true")
        if not given:
            return self._holds_without_key()
        patterns = [parse_pattern(value, context, variables=variables) for value in self.values]
        known = [pattern for pattern in patterns if pattern is not None]
        each = (self._holds_for(value, known) for value in given)
        return all(each) if self.quantifier == _ALL else any(each)

    def _holds_for(self, value: str, patterns: Sequence[Pattern]) -> bool:
        negated = self.operator in _NEGATED
        test = _NEGATED[self.operator] if negated else _POSITIVE[self.operator]
        return any(test(value, pattern) for pattern in patterns) != negated

    def _holds_without_key(self) -> bool:
        if self.if_exists or self.quantifier == _ALL:
            return True
        return self.operator in _NEGATED and not self.quantifier


def parse_conditions(block: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Read a ``Condition`` block. Raises PolicyError on anything that is not understood."""
    if not isinstance(block, Mapping):
        raise PolicyError("Condition must be an object")
    return tuple(
        _condition(operator, key, values) for operator, keys in block.items() for key, values in _items(operator, keys)
    )


def _items(operator: str, keys: Any) -> list[tuple[str, Any]]:
    if not isinstance(keys, Mapping) or not keys:
        raise PolicyError(f"{operator} needs an object of condition keys")
    return list(keys.items())


def _condition(written: str, key: str, values: Any) -> Condition:
    quantifier = next((q for q in (_ANY, _ALL) if written.startswith(q)), "")
    operator = written.removeprefix(quantifier)
    if_exists = operator.endswith(_IF_EXISTS)
    operator = operator.removesuffix(_IF_EXISTS)
    if operator not in _POSITIVE and operator not in _NEGATED and operator != "Null":
        raise PolicyError(f"unknown condition operator {written!r}")
    if operator == "Null" and (quantifier or if_exists):
        raise PolicyError(f"{written!r}: Null takes no prefix and no IfExists")
    if operator != "Null" and not quantifier and key.lower() in _SEVERAL_VALUES:
        raise PolicyError(f"{key} holds several values: write {_ANY}{operator} or {_ALL}{operator}")
    _check_key(key)
    texts = _texts(values)
    if operator == "Null" and (len(texts) != 1 or texts[0].lower() not in ("true", "false")):
        raise PolicyError(f"Null {key}: expected one of true and false")
    return Condition(operator, key.lower(), texts, quantifier, if_exists)


def _check_key(key: str) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise PolicyError(f"not a condition key: {key!r}")
    name, _, subkey = key.lower().partition("/")
    if name not in _KNOWN_KEYS or bool(subkey) != (name in _WITH_SUBKEY):
        raise PolicyError(f"unknown condition key {key!r}")


def _texts(values: Any) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(value, str | bool | int | float) for value in listed):
        raise PolicyError(f"condition values must be texts, numbers or booleans, got {values!r}")
    return tuple(_as_text(value) for value in listed)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_values(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str | bool | int | float):
        return (_as_text(value),)
    return tuple(_as_text(item) for item in value)
