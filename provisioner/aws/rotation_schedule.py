"""When Secrets Manager rotates a tenant's password by itself. Set through the API: see docs/adr/0005-rotation.md."""

from typing import Any

import msgspec

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.errors import InnkeeperError


class Schedule(msgspec.Struct, frozen=True):
    """The function that rotates, and how many days lie between two rotations."""

    function: str  # ARN
    days: int


class AwsRotationSchedule:
    """Rotation rules of secrets."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @property
    def _sm(self) -> Any:
        return self._clients["secretsmanager"]

    def read(self, secret: str) -> Schedule | None:
        """The schedule in force; None where the secret is not rotated by itself."""
        found = call(self._sm.describe_secret, SecretId=secret)
        if not found.get("RotationEnabled"):
            return None
        days = found.get("RotationRules", {}).get("AutomaticallyAfterDays", 0)
        return Schedule(str(found.get("RotationLambdaARN", "")), int(days))

    def set(self, secret: str, schedule: Schedule) -> bool:
        """Rotate ``secret`` from now on, the first time after the days are over; False if that was so already.

        Secrets Manager runs the function's test step at once, so the secret must hold a working password.
        """
        if self.read(secret) == schedule:
            return False
        try:
            call(
                self._sm.rotate_secret,
                SecretId=secret,
                RotationLambdaARN=schedule.function,
                RotationRules={"AutomaticallyAfterDays": schedule.days},
                RotateImmediately=False,
            )
        except AwsError as err:
            raise _explained(secret, schedule, err) from err
        return True

    def stop(self, secret: str) -> bool:
        """Rotate no more by itself; False if it did not."""
        if self.read(secret) is None:
            return False
        call(self._sm.cancel_rotate_secret, SecretId=secret)
        return True


def _explained(secret: str, schedule: Schedule, err: AwsError) -> InnkeeperError:
    if err.code == "ResourceNotFoundException":
        return InnkeeperError(
            f"the function that rotates passwords is not there: {schedule.function}", hint="make it: innkeeper platform"
        )
    if err.code == "InvalidRequestException" and ("in progress" in str(err) or "previous rotation" in str(err).lower()):
        return InnkeeperError(
            f"a rotation of {secret} is still under way", hint="finish it first: innkeeper rotate, then try again"
        )
    return err
