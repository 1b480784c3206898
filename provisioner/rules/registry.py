"""Every rule and every option in one place."""

from collections.abc import Mapping
from types import MappingProxyType

from provisioner.rules import (
    advice,
    blast_radius,
    complaint_flood,
    complaint_recipient,
    complaint_tenant,
    escalation,
    guard,
    guessing,
    hard_flood,
    hard_recipient,
    hard_tenant,
    outage,
    soft_recipient,
    soft_tenant,
    termination,
    virus,
)
from provisioner.rules.base import Option, Rule

# In the order of the catalogue.
RULES: tuple[Rule, ...] = (
    soft_recipient.RULE, soft_tenant.RULE, hard_recipient.RULE, hard_tenant.RULE, hard_flood.RULE,
    complaint_recipient.RULE, complaint_tenant.RULE, complaint_flood.RULE, virus.RULE, guessing.RULE, advice.RULE,
    escalation.RULE, termination.RULE, outage.RULE, guard.RULE, blast_radius.RULE,
)  # fmt: skip
TENANT_RULES = tuple(rule for rule in RULES if rule.judge)
FAST_RULES = tuple(rule for rule in TENANT_RULES if rule.fast)
OPTIONS: Mapping[str, Option] = MappingProxyType({option.name: option for rule in RULES for option in rule.options})
