"""The account's own rates: Amazon stops the account, not the tenant."""

from collections.abc import Mapping

import msgspec

from provisioner.model.verdict import Finding
from provisioner.rules.base import Rule, Value, evidence, percent, share, whole
from provisioner.rules.policy import Policy

ID = "account-guard"


class AccountMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Amazon's own figures for the whole account (CloudWatch, AWS/SES); None where it gives none yet."""

    bounce_rate: float | None = None  # 0 to 1
    complaint_rate: float | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one tenant contributed in the window, from its verdict's counts."""

    hard: int = 0
    complainants: int = 0


class AccountGuard(msgspec.Struct, frozen=True, kw_only=True):
    """``findings`` non-empty: mail the operator. ``strict``: tenants to judge again by the strict profile."""

    findings: tuple[Finding, ...] = ()
    strict: tuple[str, ...] = ()


def account_guard(metrics: AccountMetrics, shares: Mapping[str, Share], policy: Policy) -> AccountGuard:
    """Compare the account's rates with the limits and name who contributes most."""
    findings: list[Finding] = []
    strict: set[str] = set()
    for name, rate, counts in (
        ("bounce", metrics.bounce_rate, {tenant: each.hard for tenant, each in shares.items()}),
        ("complaint", metrics.complaint_rate, {tenant: each.complainants for tenant, each in shares.items()}),
    ):
        if rate is None or rate < policy.share(f"account.{name}.tell"):
            continue
        worst = _worst(counts, policy.whole("account.worst"))
        findings.append(_finding(name, rate, counts, worst, policy))
        if rate >= policy.share(f"account.{name}.strict"):
            strict |= set(worst)
    return AccountGuard(findings=tuple(findings), strict=tuple(sorted(strict)))


def _worst(counts: Mapping[str, int], most: int) -> list[str]:
    """The fewest tenants that caused half of it together, worst first."""
    ranked = sorted((tenant for tenant in counts if counts[tenant]), key=lambda tenant: (-counts[tenant], tenant))
    half, chosen = sum(counts.values()) / 2, list[str]()
    for tenant in ranked[:most]:
        if sum(counts[each] for each in chosen) >= half:
            break
        chosen.append(tenant)
    return chosen


def _finding(name: str, rate: float, counts: Mapping[str, int], worst: list[str], policy: Policy) -> Finding:
    total = sum(counts.values())
    shares = ", ".join(f"{tenant} {percent(counts[tenant], total)}" for tenant in worst) or "nobody stands out"
    strict = rate >= policy.share(f"account.{name}.strict")
    numbers: dict[str, Value] = {"rate": rate, **{tenant: counts[tenant] for tenant in worst}}
    limits: dict[str, Value] = {step: policy.share(f"account.{name}.{step}") for step in ("tell", "strict")}
    sentence = f"The account's {name} rate is {100 * rate:.3g} %. Most of it comes from: {shares}."
    if strict and worst:
        sentence += " They are judged by the strict profile until the rate is down."
    return Finding(
        severity="act" if strict else "warn", evidence=evidence(ID, sentence, (), numbers=numbers, limits=limits)
    )


RULE = Rule(
    id=ID,
    title="The account's rates are watched before Amazon acts on them",
    why="Amazon reviews an account at 5 % bounces or 0.1 % complaints and may stop it for everybody. At half of that "
    "the operator is told who contributes; near it the worst contributors are judged by the strict profile.",
    source="docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html",
    options=(
        share("account.bounce.tell", 0.025, "of sends", "half of Amazon's review line"),
        share("account.bounce.strict", 0.04, "of sends", "close to Amazon's review line"),
        share("account.complaint.tell", 0.0005, "of sends", "half of Amazon's review line"),
        share("account.complaint.strict", 0.0008, "of sends", "close to Amazon's review line"),
        whole("account.worst", 10, "tenants", "at most so many are named", most=1_000),
    ),
)
