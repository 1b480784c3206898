"""Everything the use cases reach outside for, in one value; and the same, made unable to change anything."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.ports import Account, Archive, Blocklist, FeedbackQueue, Levers, Mailer, Operator, Reputation


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """The ports of the conduct loop. ``queue`` gives a tenant's own queue."""

    archive: Archive
    queue: Callable[[Manifest], FeedbackQueue]
    dead_letters: Callable[[], FeedbackQueue]
    notices: Callable[[], FeedbackQueue]  # what SES says about the platform's own mail
    levers: Levers
    blocklist: Blocklist
    mailer: Mailer
    account: Account
    reputation: Reputation
    operator: Operator


class DryRunError(InnkeeperError):
    """A dry run was about to change something: a fault of this program, stopped before it happened."""


_READS = {
    "archive": ("get", "keys", "tags"),
    "queue": ("depth",),  # receiving hides messages from others and counts as a receive: not in a dry run
    "levers": ("read",),
    "blocklist": ("suppressed", "denied"),
    "mailer": (),
    "account": ("read", "rates"),
    "reputation": ("read", "everything"),
    "operator": (),
}


class _ReadOnly:
    """Passes on the reading methods of a port and refuses all others."""

    def __init__(self, port: object, name: str) -> None:
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Any:
        if method not in _READS[self._name]:
            raise DryRunError(f"a dry run was about to call {self._name}.{method}", hint="please report this")
        return getattr(self._port, method)


def read_only(outside: Outside) -> Outside:
    """The same world, with every change refused: what a dry run is given."""

    def queue(manifest: Manifest) -> FeedbackQueue:
        return cast(FeedbackQueue, _ReadOnly(outside.queue(manifest), "queue"))

    def shut(port: object, name: str) -> Any:
        return _ReadOnly(port, name)

    return Outside(
        archive=shut(outside.archive, "archive"),
        queue=queue,
        dead_letters=lambda: cast(FeedbackQueue, _ReadOnly(outside.dead_letters(), "queue")),
        notices=lambda: cast(FeedbackQueue, _ReadOnly(outside.notices(), "queue")),
        levers=shut(outside.levers, "levers"),
        blocklist=shut(outside.blocklist, "blocklist"),
        mailer=shut(outside.mailer, "mailer"),
        account=shut(outside.account, "account"),
        reputation=shut(outside.reputation, "reputation"),
        operator=shut(outside.operator, "operator"),
    )
