"""Tells a test run which secrets the embedded IAM made, so that it can look for them in all that it leaves behind."""

import json
import os

from provisioner.onboarding.smtp_password import derive
from provisioner.sandbox import running

VARIABLE = "SANDBOX_NOTES_SECRETS_IN"
"""Names the file; unset outside of tests, and then nothing is written. (The demo drops all INNKEEPER_… settings.)"""


def note(account: str, secret: str) -> None:
    """Append the secret of a new access key, and the SMTP password that belongs to it, for the owner's eyes only."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    region = running.find(account).environment["AWS_REGION"]
    line = json.dumps({"secret access key": secret, "SMTP password": derive(secret, region)})
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{line}\n".encode())  # one write: several processes append
    finally:
        os.close(file)
