"""The end of an audit in batches: "N of N judged", the fleet's page, the digest, and the mark that it happened."""

from datetime import datetime

import msgspec

from provisioner.conduct import documents, last_audit, notes
from provisioner.conduct.notes import Acted, Decision, Proposal
from provisioner.conduct.outside import Outside
from provisioner.conduct.pages import Published
from provisioner.conduct.publish import alerts, publish_fleet
from provisioner.conduct.run import Report
from provisioner.errors import InnkeeperError


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole run came to."""

    expected: int
    judged: int
    not_judged: dict[str, str]  # tenant -> why, for whoever was asked and could not be judged
    left: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    stopped: str = ""
    published: Published = Published()

    @property
    def complete(self) -> bool:
        return self.judged >= self.expected and not (self.stopped or self.unfinished or self.published.errors)

    @property
    def sentence(self) -> str:
        return f"{self.judged} of {self.expected} judged"


def conclude(run: str, outside: Outside, now: datetime) -> Conclusion:
    """Publish once what all batches of ``run`` did. A run that was stopped leaves the fleet's page as it was."""
    archive = outside.archive
    decision = notes.read(archive, notes.decision_key(run), Decision)
    if decision is None:
        raise InnkeeperError(f"run {run!r} was not counted", hint="start the whole run again")
    fleet = tuple(documents.tenants(archive))
    if decision.stopped:
        proposals = list(notes.read_all(archive, f"runs/{run}/proposed/", Proposal))
        not_judged = {t: why for each in proposals for t, why in each.not_judged.items()}
        return Conclusion(expected=len(fleet), judged=decision.judged, not_judged=not_judged, stopped=decision.stopped)
    acted = list(notes.read_all(archive, f"runs/{run}/acted/", Acted))
    judged = {tenant for each in acted for tenant in each.judged} & set(fleet)
    not_judged = {t: why for each in acted for t, why in each.not_judged.items()}
    left = tuple(tenant for each in acted for tenant in each.left)
    found = [line.whole() for each in acted for line in each.lines if line.report.tenant in judged]
    whole = Report(
        at=now, of=len(fleet), judged=(), not_judged=not_judged, left=left,
        outages=decision.outages, account=decision.account, guard=decision.guard,
        amazon=decision.amazon,
    )  # fmt: skip
    said = (*alerts(whole), *(f"Batch {name} was not judged: its function died." for name in decision.silent))
    operator = documents.read_manifest(archive, min(judged)).operator if judged else None
    published = publish_fleet(found, outside, now, fleet=fleet, alerts=said, operator=operator)
    errors = tuple(error for each in acted for error in each.errors)
    last_audit.mark(archive, now, judged=judged, fleet=fleet)
    return Conclusion(
        expected=len(fleet),
        judged=len(judged),
        not_judged=not_judged,
        left=left,
        unfinished=tuple(sorted(tenant for each in acted for tenant in each.unfinished)),
        published=msgspec.structs.replace(published, errors=(*errors, *published.errors)),
    )
