"""Reads a plan (``terraform show -json``): what would be lost by it."""

from collections.abc import Mapping
from typing import Any

# Making one of these anew forgets that its tenant is suspended: the new one starts enabled (measured).
HOLDS_SUSPENSION = ("aws_iam_user", "aws_sesv2_configuration_set")


def replacements(plan: Mapping[str, Any]) -> list[str]:
    """Addresses that would be destroyed and made again, sorted."""
    return _addresses(plan, {("delete", "create"), ("create", "delete")})


def destructions(plan: Mapping[str, Any]) -> list[str]:
    """Addresses that would be destroyed for good, sorted."""
    return _addresses(plan, {("delete",)})


def lifting(plan: Mapping[str, Any]) -> list[str]:
    """Addresses whose replacement or destruction would lift a suspension: refuse such a plan while suspended (E2)."""
    gone = {*replacements(plan), *destructions(plan)}
    return sorted(
        change["address"]
        for change in plan.get("resource_changes", [])
        if change["address"] in gone and change["type"] in HOLDS_SUSPENSION
    )


def is_empty(plan: Mapping[str, Any]) -> bool:
    """Whether applying would change nothing, neither resources nor outputs."""
    resources = all(_quiet(change["change"]) for change in plan.get("resource_changes", []))
    outputs = all(tuple(change["actions"]) == ("no-op",) for change in plan.get("output_changes", {}).values())
    return resources and outputs


def _quiet(change: Mapping[str, Any]) -> bool:
    return tuple(change["actions"]) in {("no-op",), ("read",)} and not change.get("importing")


def _addresses(plan: Mapping[str, Any], actions: set[tuple[str, ...]]) -> list[str]:
    return sorted(
        change["address"]
        for change in plan.get("resource_changes", [])
        if tuple(change["change"]["actions"]) in actions
    )
