"""The text of ``platform.yaml`` and ``policies/*.yaml`` to values, or to everything that is wrong with them."""

import difflib
from typing import Any

import msgspec

from provisioner.config.addresses import address
from provisioner.config.forms import PlatformForm
from provisioner.config.policy import Options, check_options
from provisioner.config.problem import Code, Problem, Wrong, quoted
from provisioner.config.reading import Reading
from provisioner.config.source import checked, read_file
from provisioner.model.regions import API_ONLY_REGIONS, SMTP_REGIONS, has_smtp
from provisioner.model.tenant import DrillPlan, Operator, Platform, StateStore


class PlatformDraft(msgspec.Struct, frozen=True):
    """``platform.yaml`` as far as it could be read. ``policy_file``: where its policy is, if not in the file itself."""

    reading: Reading
    sender_domain: str | None = None
    policy_file: str | None = None
    platform: Platform | None = None


def parse_platform(file: str, content: bytes, options: Options | None = None) -> PlatformDraft:
    """Read ``platform.yaml``. Never raises for what the file holds."""
    reading = read_file(file, content, PlatformForm)
    checked(reading, "region", _region)
    sender = checked(reading, "sender", lambda text: address(text, plain=True))
    email = checked(reading, "operator.email", address)
    state = reading.get("state") or {}
    if "bucket" in state and "folder" in state:
        reading.problem("state.folder", Wrong(Code.CHOICE, "bucket and folder are both given", "keep one of them"))
    _check_folder(reading)
    policy = reading.get("policy")
    given = check_options(reading, "policy", policy, options) if isinstance(policy, dict) else {}
    return PlatformDraft(
        reading,
        sender.rpartition("@")[2] if sender else None,
        policy if isinstance(policy, str) else None,
        None if reading.problems else _build(file, reading, sender=sender or "", email=email or "", policy=given),
    )


def parse_policy(file: str, content: bytes, options: Options | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """The options in a policy file by full name, and what is wrong with it."""
    reading = read_file(file, content, None)
    return check_options(reading, "", reading.values, options), reading.problems


def _region(text: str) -> str:
    if has_smtp(text):
        return text
    near = ", ".join(near_regions(text))
    if text in API_ONLY_REGIONS:
        raise Wrong(Code.REGION, f"Amazon SES has no SMTP in {text}, so WordPress could not log in", f"near: {near}")
    raise Wrong(Code.REGION, f"{quoted(text)} is not a Region with Amazon SES over SMTP", f"such as {near}")


def near_regions(text: str) -> list[str]:
    """Regions with SMTP in the same part of the world; those with the most similar names if there is none."""
    same = sorted(region for region in SMTP_REGIONS if region.partition("-")[0] == text.partition("-")[0])
    # Africa, Israel and the Middle East have no Region with SMTP; Europe is the nearest.
    if text.partition("-")[0] in ("af", "il", "me"):
        same = sorted(region for region in SMTP_REGIONS if region.startswith("eu-"))
    similar = difflib.get_close_matches(text[:32], sorted(SMTP_REGIONS), n=3)
    return (similar if text not in API_ONLY_REGIONS else []) or same or ["eu-central-1", "us-east-1"]


def _check_folder(reading: Reading) -> None:
    folder = reading.get("state.folder")
    if folder and (folder.startswith("/") or ".." in folder.split("/")):
        wrong = Wrong(Code.NAME, "must be a folder below the one of platform.yaml", "such as .innkeeper/state")
        reading.problem("state.folder", wrong)


def _build(file: str, reading: Reading, *, sender: str, email: str, policy: dict[str, Any]) -> Platform:
    form = msgspec.convert(reading.values, PlatformForm)
    state = {key: value for key, value in msgspec.structs.asdict(form.state).items() if isinstance(value, str)}
    return Platform(
        region=form.region,
        operator=Operator(name=form.operator.name, email=email),
        sender=sender,
        sender_zone=form.sender_zone,
        name=form.name,
        operators=tuple(dict.fromkeys(form.operators)),
        state=StateStore(**state),
        runtime=form.runtime,
        drill=DrillPlan(monthly=form.drill.monthly, tenant=form.drill.tenant or None),
        policy=policy,
        file=file,
    )
