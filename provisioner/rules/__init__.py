"""The conduct policy: one rule per file, judged by ``decide``; everything here is pure."""

from collections.abc import Mapping
from typing import Any

from provisioner.rules import policy as _policy
from provisioner.rules.base import PROFILES, Option, Rule
from provisioner.rules.blast_radius import BlastRadius, check_blast_radius, condemns, limit_of
from provisioner.rules.commands import block, blocked_at, confirm, dismiss, reinstate, suspend, terminate, unblock
from provisioner.rules.engine import decide, expire
from provisioner.rules.explain import describe, explain
from provisioner.rules.guard import AccountGuard, AccountMetrics, Share, account_guard
from provisioner.rules.outage import Outage, hard_bounce_hours, provider_outages
from provisioner.rules.policy import Policy
from provisioner.rules.registry import FAST_RULES, OPTIONS, RULES
from provisioner.rules.storage import StandingUnreadable, dump_standing, load_standing

__all__ = [
    "FAST_RULES",
    "OPTIONS",
    "PROFILES",
    "RULES",
    "AccountGuard",
    "AccountMetrics",
    "BlastRadius",
    "Option",
    "Outage",
    "Policy",
    "Rule",
    "Share",
    "StandingUnreadable",
    "account_guard",
    "block",
    "blocked_at",
    "check_blast_radius",
    "condemns",
    "confirm",
    "decide",
    "describe",
    "dismiss",
    "dump_standing",
    "expire",
    "explain",
    "hard_bounce_hours",
    "limit_of",
    "load_standing",
    "override_problems",
    "provider_outages",
    "reinstate",
    "resolve_policy",
    "suspend",
    "terminate",
    "unblock",
]


def resolve_policy(profile: str = "standard", *overrides: Mapping[str, Any]) -> Policy:
    """The numbers in force: the profile, then each override in turn (platform, tenant). Raises ConfigError."""
    return _policy.resolve(OPTIONS, profile, overrides)


def override_problems(overrides: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What is wrong with overrides, as (dotted name, problem, hint), for located messages."""
    return _policy.problems(overrides, OPTIONS)
