"""A wrong threshold must not stop everybody: an audit that would suspend too many stops and asks."""

from collections.abc import Iterable

import msgspec

from provisioner.model.standing import State
from provisioner.model.verdict import Verdict
from provisioner.rules.base import Rule, share, whole
from provisioner.rules.policy import Policy

ID = "blast-radius"


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True):
    """``ok``: enforce. Otherwise nothing is enforced until a person looked at ``condemned``."""

    ok: bool
    condemned: tuple[str, ...]
    limit: int
    fleet_size: int

    def sentence(self) -> str:
        return (
            f"This audit would suspend or terminate {len(self.condemned)} of {self.fleet_size} tenants; the limit is "
            f"{self.limit}."
        )


def condemns(verdict: Verdict) -> bool:
    """Whether it stops a tenant that could send, or ends one that was suspended."""
    rank = (State.GOOD, State.WARNED, State.SUSPENDED, State.TERMINATED)
    return not verdict.after.may_send and rank.index(verdict.after) > rank.index(verdict.before)


def limit_of(fleet_size: int, policy: Policy) -> int:
    return max(policy.whole("blast.tenants"), int(policy.share("blast.share") * fleet_size + 1e-9))


def check_blast_radius(verdicts: Iterable[Verdict], fleet_size: int, policy: Policy) -> BlastRadius:
    """Count a whole run's verdicts (of every batch and worker) against the limit."""
    condemned = tuple(sorted({verdict.tenant for verdict in verdicts if condemns(verdict)}))
    limit = limit_of(fleet_size, policy)
    return BlastRadius(ok=len(condemned) <= limit, condemned=condemned, limit=limit, fleet_size=fleet_size)


RULE = Rule(
    id=ID,
    title="An audit that would stop too many tenants stops itself",
    why="Ten per cent of a fleet never turn bad in one week; a wrong number in a policy file can look as if they did. "
    "The whole run is decided and counted before anything is enforced.",
    source="github.com/cloud-custodian/cloud-custodian/issues/3641",
    options=(
        whole("blast.tenants", 3, "tenants", "small fleets need some room"),
        share("blast.share", 0.10, "of the fleet", "more than that in one audit is a mistake until a person looked"),
    ),
)
