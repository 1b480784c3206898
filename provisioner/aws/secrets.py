"""The tenants' SMTP credentials in Secrets Manager. No error raised here repeats a value."""

from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AccessDeniedError, AwsError, call
from provisioner.errors import InnkeeperError
from provisioner.ports import SecretVersion

_ABSENT = "ResourceNotFoundException"


class AwsSecrets:
    """Secrets over Secrets Manager."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _sm(self) -> Any:
        return self._clients["secretsmanager"]

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """All versions that carry a stage and hold a value; none where the secret is empty or missing."""
        staged = self.stages(name)
        found = (self._read(name, stages, VersionId=version) for version, stages in staged.items() if stages)
        return tuple(version for version in found if version is not None)

    def stages(self, name: str) -> dict[str, tuple[str, ...]]:
        """The stages of every version by its id; of one that holds no value yet, too."""
        token: dict[str, str] = {}
        listed: dict[str, tuple[str, ...]] = {}
        while True:
            try:
                page = call(self._sm.list_secret_version_ids, SecretId=name, **token)
            except AwsError as err:
                if err.code == _ABSENT:
                    return {}
                raise _explained(name, err) from err
            listed |= {str(v["VersionId"]): tuple(sorted(v.get("VersionStages", ()))) for v in page["Versions"]}
            if not page.get("NextToken"):
                return listed
            token = {"NextToken": page["NextToken"]}

    def get(self, name: str, stage: str = "AWSCURRENT") -> SecretVersion | None:
        """The version that carries ``stage``; None where there is none."""
        return self._read(name, (), VersionStage=stage)

    def _read(self, name: str, stages: tuple[str, ...], **which: str) -> SecretVersion | None:
        try:
            answer = call(self._sm.get_secret_value, SecretId=name, **which)
        except AwsError as err:
            if err.code == _ABSENT:
                return None
            raise _explained(name, err) from err
        value = answer["SecretString"].encode() if "SecretString" in answer else bytes(answer["SecretBinary"])
        return SecretVersion(str(answer["VersionId"]), value, stages or tuple(sorted(answer["VersionStages"])))

    def put(self, name: str, value: bytes, *, token: str, stages: tuple[str, ...]) -> str:
        """A new version; the same ``token`` again with the same value does nothing."""
        try:
            answer = call(
                self._sm.put_secret_value,
                SecretId=name,
                SecretString=value.decode(),
                ClientRequestToken=token,
                VersionStages=list(stages),
            )
        except AwsError as err:
            raise _explained(name, err) from err
        return str(answer["VersionId"])

    def move_stage(self, name: str, stage: str, *, to: str | None, remove_from: str | None) -> None:
        """Move a stage between versions; None: from nowhere, or to nowhere."""
        arguments = {"MoveToVersionId": to, "RemoveFromVersionId": remove_from}
        given = {key: value for key, value in arguments.items() if value is not None}
        call(self._sm.update_secret_version_stage, SecretId=name, VersionStage=stage, **given)


def _explained(name: str, err: AwsError) -> InnkeeperError:
    if err.code == _ABSENT:
        return InnkeeperError(f"the secret {name} does not exist", hint="'innkeeper apply' makes it")
    if err.code == "InvalidRequestException" and "delet" in str(err).lower():
        return InnkeeperError(
            f"the secret {name} is scheduled for deletion, and its name is taken until then",
            hint=f"restore it: aws secretsmanager restore-secret --secret-id {name}",
        )
    if isinstance(err, AccessDeniedError):
        hint = f"{err.hint}; where platform.yaml names operators, it must be one of them, too"
        return AccessDeniedError(err.args[0], code=err.code, operation=err.operation, hint=hint)
    return err
