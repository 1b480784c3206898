"""Suppression lists as SES asks and fills them: configuration set, then tenant, then account decide.

After the SES developer guide, "Using the tenant-level suppression list", table of scopes and reasons.
"""

from dataclasses import dataclass

from provisioner.sandbox.simulator import kind_of
from provisioner.sandbox.state import SesState, Suppressed

ACCOUNT, TENANT = "ACCOUNT", "TENANT"


@dataclass(frozen=True)
class Rule:
    """What holds for one message: which list, and which of its entries count."""

    scope: str
    reasons: tuple[str, ...]


def list_key(address: str) -> str:
    """Write an address as SES keeps it on a list: trimmed, only the domain in lower case."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def rule_for(state: SesState, configuration_set: str | None, tenant: str | None) -> Rule:
    """Combine the levels; scope and reasons may come from different ones."""
    levels = []
    if configuration_set in state.configuration_sets:
        levels.append(state.configuration_sets[configuration_set].suppression)
    if tenant in state.tenants:
        levels.append(state.tenants[tenant].suppression)
    levels.append(state.settings.suppression)
    scope = next((level.scope for level in levels if level.scope is not None), ACCOUNT)
    reasons = next((level.reasons for level in levels if level.reasons is not None), ())
    # Scope TENANT in a set with mail that names no tenant is undocumented; there is no tenant's list to ask then.
    return Rule(scope if tenant in state.tenants else ACCOUNT, tuple(reasons))


def suppressed_as(state: SesState, configuration_set: str | None, tenant: str | None, address: str) -> str | None:
    """Tell the bounce sub-type if the address is on the list that counts, else None."""
    rule = rule_for(state, configuration_set, tenant)
    entry = _list(state, rule, tenant).get(list_key(address))
    if entry is None or entry.reason not in rule.reasons:
        return None
    return "OnTenantSuppressionList" if rule.scope == TENANT else "OnAccountSuppressionList"


def record(state: SesState, configuration_set: str | None, tenant: str | None, entry: Suppressed) -> None:
    """Put an address on the list if its reason is recorded; never one of the simulator. The first entry stays."""
    rule = rule_for(state, configuration_set, tenant)
    if entry.reason in rule.reasons and not kind_of(entry.address):
        with state.lock:
            _list(state, rule, tenant).setdefault(entry.address, entry)


def _list(state: SesState, rule: Rule, tenant: str | None) -> dict[str, Suppressed]:
    if rule.scope == TENANT and tenant is not None:
        return state.tenants[tenant].suppressed
    return state.suppressed
