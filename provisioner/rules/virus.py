"""A virus in a tenant's mail: the site is infected, so it stops at once."""

from provisioner.model.verdict import Action, Suspend, Terminate
from provisioner.rules.base import Outcome, Rule, evidence, whole
from provisioner.rules.clock import DAY
from provisioner.rules.traces import VIRUS_EVENTS
from provisioner.rules.view import View, date

ID = "virus"


def judge(view: View) -> list[Outcome]:
    """Suspend at the first incident, terminate at the second; what a reinstatement settled only counts as history."""
    days, limit = view.policy.whole("virus.window_days"), view.policy.whole("virus.terminate")
    incidents = [one for one in view.memory.virus.all if one.end >= view.now - days * DAY]
    new = [one for one in incidents if one.end >= view.floor]
    if not new:
        return []
    count, events = len(incidents), sorted(set().union(*(one.events for one in new)))
    final = count >= limit
    when = " and ".join(date(one.start) for one in incidents[-2:])
    mails = "1 mail" if len(events) == 1 else f"{len(events)} mails{' or more' if len(events) >= VIRUS_EVENTS else ''}"
    what = (
        f"incident {count} within a year ({when})."
        if final
        else f"first incident, {when}. Mail stays off until the site is cleaned and its owner says what was done."
    )
    why = evidence(
        ID,
        f"SES found a virus in mail of this site ({mails}): {what}",
        events,
        numbers={"incidents": count},
        limits={"suspend incidents": 1, "terminate incidents": limit, "window_days": days},
    )
    action: Action = Terminate(kind="virus", evidence=why) if final else Suspend(kind="virus", evidence=why)
    return [Outcome(severity="act", evidence=why, action=action)]


RULE = Rule(
    id=ID,
    title="A virus suspends at once; a second incident terminates",
    why="SES scans what leaves and drops infected mail. A virus means that somebody else controls the site. Rejected "
    "mails with no pause of more than 60 minutes between them are one incident: an infected newsletter with 50 rejects "
    "is one strike. Earlier incidents count towards the second also when the tenant was reinstated since.",
    source="docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html; hammo.io (2019)",
    kind="virus",
    options=(
        whole("virus.terminate", 2, "incidents", "the article's second incident", least=2, most=10),
        whole("virus.window_days", 365, "days", "older incidents are forgotten", most=365),
    ),
    judge=judge,
    fast=True,
)
