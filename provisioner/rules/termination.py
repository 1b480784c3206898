"""What termination means: stop at once, delete nothing for a while."""

from provisioner.rules.base import Rule, whole

RULE = Rule(
    id="termination",
    title="Termination stops at once and deletes nothing for 14 days",
    why="Keys inactive, sending denied, configuration set off: all of it can be undone. No rule deletes a tenant's "
    "resources; 'innkeeper offboard' does, and not before the grace time is over. Only a person lifts a suspension or "
    "a termination, with a reason that is kept.",
    source="this project's policy",
    options=(whole("terminate.grace_days", 14, "days", "time to find out that it was wrong", least=0, most=365),),
)
