"""What a Lambda function or the command is told about its platform, read once from the environment."""

from collections.abc import Mapping
from typing import Any

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.names import Place, PlatformNames

_REQUIRED = ("ACCOUNT", "REGION", "PREFIX", "NOTICES_FROM")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The platform as its functions know it. ``policy``: overrides for all tenants, before their own."""

    account: str
    region: str
    prefix: str
    notices_from: str
    partition: str = "aws"
    bucket: str
    dead_letters: str
    notices_set: str
    notices_queue: str
    operator_topic: str
    policy: dict[str, Any] = {}
    poll_seconds: int = 2  # above 0: a long poll, which asks every server that may hold a message
    batch_size: int = 50  # tenants that one function of a scheduled run takes
    paced: bool = True  # keep SES control calls a second apart; the sandbox needs no such patience

    @property
    def names(self) -> PlatformNames:
        return PlatformNames(self.prefix, Place(self.account, self.region, self.partition))

    @classmethod
    def for_platform(cls, names: PlatformNames, *, notices_from: str, **more: Any) -> "Settings":
        """Settings whose names are all derived; ``more`` replaces single ones."""
        values: dict[str, Any] = {
            "account": names.place.account,
            "region": names.place.region,
            "partition": names.place.partition,
            "prefix": names.prefix,
            "notices_from": notices_from,
            "bucket": names.bucket,
            "dead_letters": names.dead_letters,
            "notices_set": names.configuration_set,
            "notices_queue": names.notices_queue,
            "operator_topic": names.operator_topic_arn,
        }
        return cls(**{**values, **more})

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read ``INNKEEPER_…``. Every name that is missing or wrong stands in the one error."""
        given = {
            key.removeprefix("INNKEEPER_"): value for key, value in environ.items() if key.startswith("INNKEEPER_")
        }
        problems = [f"INNKEEPER_{name} is missing" for name in _REQUIRED if not given.get(name)]
        policy = _json(given.get("POLICY", "{}"), problems)
        poll = _whole("POLL_SECONDS", given.get("POLL_SECONDS", "2"), problems, 0, 20)
        batch_size = _whole("BATCH_SIZE", given.get("BATCH_SIZE", "50"), problems, 1, 1000)
        paced = given.get("PACED", "yes").lower()
        if paced not in ("yes", "no"):
            problems.append(f"INNKEEPER_PACED is {paced!r}: yes or no")
        if problems:
            raise InnkeeperError(
                "the function's settings are wrong: " + "; ".join(problems), hint="innkeeper platform writes them"
            )
        place = Place(given["ACCOUNT"], given["REGION"], given.get("PARTITION", "aws"))
        named = {
            key: given[name]
            for key, name in {
                "bucket": "BUCKET",
                "dead_letters": "DEAD_LETTERS",
                "notices_set": "NOTICES_SET",
                "notices_queue": "NOTICES_QUEUE",
                "operator_topic": "OPERATOR_TOPIC",
            }.items()
            if given.get(name)
        }
        return cls.for_platform(
            PlatformNames(given["PREFIX"], place),
            notices_from=given["NOTICES_FROM"],
            policy=policy,
            poll_seconds=poll,
            batch_size=batch_size,
            paced=paced == "yes",
            **named,
        )


def _json(text: str, problems: list[str]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        problems.append("INNKEEPER_POLICY is no JSON object")
        return {}


def _whole(name: str, text: str, problems: list[str], least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    problems.append(f"INNKEEPER_{name} is {text!r}: a whole number from {least} to {most}")
    return least
