"""Judge IAM policies as AWS does: who may do what, on which resource, under which circumstances.

Data in, decision out. Knows the elements that mail needs; any other raises ``PolicyError`` instead of guessing.
The rules are those of IAM's reference, "Policy evaluation logic" and "IAM JSON policy elements".
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.policy_conditions import Condition, parse_conditions
from provisioner.sandbox.policy_text import Context, ContextValue, PolicyError, matches, parse_pattern

__all__ = ["Context", "ContextValue", "Decision", "PolicyDocument", "PolicyError", "Principal", "context_of"]
__all__ += ["evaluate", "evaluate_resource_policy", "parse"]

PolicyDocument = Mapping[str, Any]

_WITH_VARIABLES = "2012-10-17"
_VERSIONS = ("2008-10-17", _WITH_VARIABLES)
_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


@dataclass(frozen=True)
class Decision:
    """What was decided and which statement decided it."""

    allowed: bool
    explicit_deny: bool
    reason: str


@dataclass(frozen=True)
class Principal:
    """Who asks, for policies that name it: kind ``Service`` (``ses.amazonaws.com``) or ``AWS`` (an ARN)."""

    kind: str
    name: str


@dataclass(frozen=True)
class _Statement:
    name: str
    effect: str
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]
    principals: tuple[tuple[str, str], ...] | None  # None: an identity policy's statement
    not_principals: bool
    variables: bool


def parse(text: str) -> PolicyDocument:
    """Read the JSON of a policy and check all of it, also statements that never apply."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise PolicyError(f"a policy is not JSON: {error}") from error
    _statements(document, "policy")
    return document  # type: ignore[no-any-return]


def context_of(values: Mapping[str, ContextValue]) -> Context:
    """Condition keys are compared without regard to case."""
    return {key.lower(): value for key, value in values.items()}


def evaluate(
    policies: Sequence[PolicyDocument],
    boundary: PolicyDocument | None,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue],
) -> Decision:
    """Decide by a user's policies (inline, attached, of its groups) and its permissions boundary, if it has one."""
    known = context_of(context)
    own = [s for number, policy in enumerate(policies, 1) for s in _statements(policy, f"policy {number}")]
    limits = None if boundary is None else _statements(boundary, "boundary")
    for statement in (*own, *(limits or ())):
        if statement.effect == "Deny" and _applies(statement, action, resource, known):
            return Decision(allowed=False, explicit_deny=True, reason=f"denied by {statement.name}")
    granted = _first_allow(own, action, resource, known)
    if granted is None:
        return Decision(allowed=False, explicit_deny=False, reason="no policy allows it")
    if limits is not None and _first_allow(limits, action, resource, known) is None:
        return Decision(allowed=False, explicit_deny=False, reason="the permissions boundary does not allow it")
    return Decision(allowed=True, explicit_deny=False, reason=f"allowed by {granted.name}")


def evaluate_resource_policy(
    policy: PolicyDocument | None,
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue],
) -> Decision:
    """Decide by the policy of a resource alone, as a service's call to a topic, queue or key is."""
    known = context_of(context)
    statements = () if policy is None else _statements(policy, "resource policy")
    named = [s for s in statements if _names(s, principal)]
    for statement in named:
        if statement.effect == "Deny" and _applies(statement, action, resource, known):
            return Decision(allowed=False, explicit_deny=True, reason=f"denied by {statement.name}")
    granted = _first_allow(named, action, resource, known)
    if granted is None:
        return Decision(allowed=False, explicit_deny=False, reason=f"the policy does not let {principal.name} do it")
    return Decision(allowed=True, explicit_deny=False, reason=f"allowed by {granted.name}")


def _first_allow(statements: Sequence[_Statement], action: str, resource: str, context: Context) -> _Statement | None:
    allows = (s for s in statements if s.effect == "Allow" and _applies(s, action, resource, context))
    return next(allows, None)


def _applies(statement: _Statement, action: str, resource: str, context: Context) -> bool:
    return (
        _acts(statement, action) != statement.not_actions
        and _covers(statement, resource, context) != statement.not_resources
        and all(condition.holds(context, variables=statement.variables) for condition in statement.conditions)
    )


def _acts(statement: _Statement, action: str) -> bool:
    patterns = (parse_pattern(text.lower(), {}, variables=False) for text in statement.actions)
    return any(pattern is not None and matches(pattern, action.lower()) for pattern in patterns)


def _covers(statement: _Statement, resource: str, context: Context) -> bool:
    patterns = (parse_pattern(text, context, variables=statement.variables) for text in statement.resources)
    return any(pattern is not None and matches(pattern, resource) for pattern in patterns)


def _names(statement: _Statement, principal: Principal) -> bool:
    if statement.principals is None:
        raise PolicyError(f"{statement.name}: a resource policy must say for whom (Principal)")
    found = any(name == "*" or (kind, name) == (principal.kind, principal.name) for kind, name in statement.principals)
    return found != statement.not_principals


def _statements(document: Any, name: str) -> tuple[_Statement, ...]:
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise PolicyError(f"{name}: a policy is an object with Statement")
    unknown = set(document) - {"Version", "Id", "Statement"}
    version = document.get("Version", _VERSIONS[0])
    if unknown or version not in _VERSIONS:
        raise PolicyError(f"{name}: unknown {sorted(unknown) or f'Version {version!r}'}")
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    variables = version == _WITH_VARIABLES
    return tuple(_statement(s, f"{name}, statement {n}", variables=variables) for n, s in enumerate(listed, 1))


def _statement(raw: Any, name: str, *, variables: bool) -> _Statement:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{name} is not an object")
    name = f"{name} ({raw['Sid']})" if raw.get("Sid") else name
    if set(raw) - _ELEMENTS:
        raise PolicyError(f"{name}: unknown element {sorted(set(raw) - _ELEMENTS)}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"{name}: Effect must be Allow or Deny")
    actions, not_actions = _either(raw, "Action", name)
    for_whom = "Principal" in raw or "NotPrincipal" in raw
    # A resource's own policy may leave Resource out: it is about that resource.
    bare = for_whom and not {"Resource", "NotResource"} & set(raw)
    resources, not_resources = (("*",), False) if bare else _either(raw, "Resource", name)
    if not all(_ACTION.fullmatch(action) for action in actions):
        raise PolicyError(f"{name}: Action must look like service:Name, got {list(actions)}")
    return _Statement(
        name=name,
        effect=raw["Effect"],
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        conditions=parse_conditions(raw.get("Condition", {})),
        principals=_principals(raw, name) if for_whom else None,
        not_principals="NotPrincipal" in raw,
        variables=variables,
    )


def _either(raw: Mapping[str, Any], element: str, name: str) -> tuple[tuple[str, ...], bool]:
    positive, negative = raw.get(element), raw.get(f"Not{element}")
    if (positive is None) == (negative is None):
        raise PolicyError(f"{name}: needs one of {element} and Not{element}")
    return _texts(positive if negative is None else negative, f"{name}: {element}"), negative is not None


def _principals(raw: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    value = raw.get("Principal", raw.get("NotPrincipal"))
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, Mapping) or set(value) - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise PolicyError(f"{name}: unknown form of Principal: {value!r}")
    pairs = ((kind, text) for kind, names in value.items() for text in _texts(names, f"{name}: Principal"))
    return tuple((kind, _account_root(kind, text)) for kind, text in pairs)


def _account_root(kind: str, text: str) -> str:
    """Spell out an account that is named by its number alone: that means its root, hence all its users."""
    return f"arn:aws:iam::{text}:root" if kind == "AWS" and text.isdigit() else text


def _texts(value: Any, what: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(item, str) for item in listed):
        raise PolicyError(f"{what} must be a text or a list of texts")
    return tuple(listed)
