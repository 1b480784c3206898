"""One rotation of a tenant's SMTP credentials, step by step, as Secrets Manager and the command both run it.

Every step may die and be repeated. The old password works all the time; what ends it is ``retirement``.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import State
from provisioner.onboarding import rotation
from provisioner.onboarding.credentials import MAX_KEYS, SmtpSecret, named_keys, read_secret
from provisioner.onboarding.retirement import Overview, Retirement, note_probe, overview, read_probes, retire_previous
from provisioner.ports import Archive, Keys, Secrets
from provisioner.smtp import Refused

SIMULATOR = "success@simulator.amazonses.com"
_NAME_SUFFIX = 7  # Secrets Manager ends a secret's ARN with a hyphen and six characters of its own


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, and everything outside that its rotation touches."""

    manifest: Manifest
    keys: Keys
    secrets: Secrets
    archive: Archive
    state: Callable[[], State]  # by the standing, read anew at each call
    probe: Callable[[SmtpSecret, EmailMessage], object]  # logs in and sends; waits out IAM; raises Refused
    clock: Callable[[], datetime]


def tenant_of(secret_id: str, prefix: str) -> str:
    """The tenant whose secret this is, by its name or ARN. Raises InnkeeperError for a secret that is not ours."""
    name = secret_id
    if secret_id.startswith("arn:"):
        name = secret_id.split(":secret:", 1)[-1][:-_NAME_SUFFIX]
    tenant = name.removeprefix(f"{prefix}/").removesuffix("/smtp")
    if not tenant or "/" in tenant or name != f"{prefix}/{tenant}/smtp":
        raise InnkeeperError(
            f"the secret {name!r} holds no SMTP credentials of {prefix}",
            hint=f"rotation by Innkeeper is for secrets named {prefix}/<tenant>/smtp",
        )
    return tenant


def serve(one: Rotation, name: str, token: str) -> str:
    """A step as Secrets Manager asks for it; what was done, in words. Raises where its protocol is not kept."""
    if name not in rotation.STEPS:
        raise InnkeeperError(f"unknown step {name!r}", hint=f"Secrets Manager's steps are {', '.join(rotation.STEPS)}")
    stages = one.secrets.stages(one.manifest.secret).get(token)
    if stages is None:
        raise InnkeeperError(
            f"{one.manifest.secret} has no version {token}", hint="let Secrets Manager start rotations"
        )
    if "AWSCURRENT" in stages:
        if name == "finishSecret":
            rotation.finish(one.manifest, one.secrets, token)
        return "in force already"
    if "AWSPENDING" not in stages:
        raise InnkeeperError(
            f"{one.manifest.secret}: version {token} is not pending", hint="this rotation was given up; start another"
        )
    return _STEPS[name](one, token)


def step(one: Rotation, name: str, token: str) -> str:
    """Carry out one of ``rotation.STEPS``; what was done, in words."""
    return _STEPS[name](one, token)


def next_token(one: Rotation) -> str:
    """The token to rotate with: that of a rotation which died and can go on, or a new one."""
    listed = {key.id for key in one.keys.list(one.manifest.user)}
    # By key, because Secrets Manager may leave a pending copy of the current version behind.
    for key, version in named_keys(one.secrets.versions(one.manifest.secret)).items():
        if version.stages == ("AWSPENDING",) and key in listed:
            return version.id
    return str(uuid.uuid4())


def look(one: Rotation) -> Overview:
    """Both keys, their stages and last use, and what the old one waits for."""
    probed = read_probes(one.archive, one.manifest.tenant)[0].probed
    return overview(one.manifest, one.keys, one.secrets, probed, one.clock())


def retire(one: Rotation, *, force: bool = False) -> Retirement:
    """Delete the previous key if it may go, or in any case with ``force``."""
    probed = read_probes(one.archive, one.manifest.tenant)[0].probed
    return retire_previous(one.manifest, one.keys, one.secrets, one.clock(), probed=probed, force=force)


def trial_mail(manifest: Manifest) -> EmailMessage:
    """A mail as the tenant's site sends it, to Amazon's mailbox simulator: it counts in no reputation."""
    message = EmailMessage()
    message["From"] = Address(display_name=manifest.from_name, addr_spec=manifest.from_address)
    message["To"] = SIMULATOR
    message["Subject"] = "Innkeeper: test of new SMTP credentials"
    message["X-SES-CONFIGURATION-SET"] = manifest.configuration_set
    if manifest.ses_tenant:
        message["X-SES-TENANT"] = manifest.ses_tenant
    message.set_content(f"A test of the new SMTP credentials of {manifest.domain}. Nobody reads this.\n")
    return message


def _create(one: Rotation, token: str) -> str:
    if len(one.keys.list(one.manifest.user)) == MAX_KEYS:
        retire(one)  # the key of the rotation before, if it may go; never one that is pending
    rotation.create_pending(one.manifest, one.keys, one.secrets, token, one.state())
    _keep_suspension(one, token)
    return f"access key {rotation.pending_of(one.manifest, one.secrets, token).username} made, its password is pending"


def _activate(one: Rotation, token: str) -> str:
    rotation.activate_pending(one.manifest, one.keys, one.secrets, token, one.state())
    _keep_suspension(one, token)
    return "the new key is active"


def _keep_suspension(one: Rotation, token: str) -> None:
    """A tenant suspended while its key was being made: the enforcer may have looked before the key was there."""
    state = one.state()
    if not state.may_send:
        username = rotation.pending_of(one.manifest, one.secrets, token).username
        one.keys.set_active(one.manifest.user, username, active=False)
        rotation.refuse_if_suspended(one.manifest, state)


def _test(one: Rotation, token: str) -> str:
    state = one.state()
    held = {version.id: version for version in one.secrets.versions(one.manifest.secret)}
    if token not in held:
        return _test_configuration(one) if state.may_send else f"nothing to test: the tenant is {state.value}"
    rotation.refuse_if_suspended(one.manifest, state)
    new = read_secret(held[token])
    try:
        _probe(one, new)
    except Refused as refused:
        if refused.stage == "login" or not _refused_alike(one, refused):
            raise
        return f"logged in; SES takes no mail, neither with the old password: {refused.code} {refused.answer}"
    return "logged in over SMTP, and SES took a test mail"


def _test_configuration(one: Rotation) -> str:
    """When rotation is set up, Secrets Manager runs this step alone: the password in force must pass it.

    A login is enough: a new tenant's domain is not verified yet, so SES takes no mail.
    """
    current = one.secrets.get(one.manifest.secret)
    if current is None:
        return "nothing to test: there is no password yet"
    try:
        _probe(one, read_secret(current))
    except Refused as refused:
        if refused.stage == "login":
            raise
        return f"the password in force works; SES takes no mail yet: {refused.code} {refused.answer}"
    return "the password in force works"


def _refused_alike(one: Rotation, refused: Refused) -> bool:
    """Whether the password in force fares the same: then the cause is no fault of the new one.

    So it is where the domain is not verified yet, or where only the web server's address may send.
    """
    current = one.secrets.get(one.manifest.secret)
    if current is None:
        return False
    try:
        _probe(one, read_secret(current))
    except Refused as old:
        return (old.code, old.stage) == (refused.code, refused.stage)
    return False


def _probe(one: Rotation, secret: SmtpSecret) -> None:
    """Log in and send. A login is noted, whatever came after it: IAM will show it as a use of the key."""
    try:
        one.probe(secret, trial_mail(one.manifest))
    except Refused as refused:
        if refused.stage != "login":
            _note(one, secret)
        raise
    _note(one, secret)


def _note(one: Rotation, secret: SmtpSecret) -> None:
    listed = frozenset(key.id for key in one.keys.list(one.manifest.user))
    note_probe(one.archive, one.manifest.tenant, secret.username, one.clock(), keep=listed)


def _finish(one: Rotation, token: str) -> str:
    rotation.finish(one.manifest, one.secrets, token)
    return "the new password is the current one; the old one still works"


_STEPS: dict[str, Callable[[Rotation, str], str]] = dict(
    zip(rotation.STEPS, (_create, _activate, _test, _finish), strict=True)
)
