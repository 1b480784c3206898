"""The SMTP password of an access key: AWS's Signature Version 4 form, one password per Region."""

import base64
import hashlib
import hmac

# AWS signs a fixed date, so the password of a key never expires by itself.
_STEPS_AFTER_REGION = ("ses", "aws4_request", "SendRawEmail")
_DATE = "11111111"
_VERSION = b"\x04"


def derive(secret: str, region: str) -> str:
    """Derive the SMTP password from a secret access key: 44 characters, starting with ``B``.

    Whether SES offers SMTP in the Region is not asked here; see ``provisioner.model.regions``.
    """
    if not secret:
        raise ValueError("the secret access key is empty")
    if not region:
        raise ValueError("the Region is empty")
    signature = f"AWS4{secret}".encode()
    for step in (_DATE, region, *_STEPS_AFTER_REGION):
        signature = hmac.digest(signature, step.encode(), hashlib.sha256)
    return base64.b64encode(_VERSION + signature).decode("ascii")
