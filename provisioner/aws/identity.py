"""What SES says about a domain."""

from typing import Any

from provisioner.aws.clients import Clients
from provisioner.aws.errors import AwsError, call
from provisioner.onboarding.verify import IdentityState


class AwsIdentities:
    """E-mail identities over SES v2."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, domain: str) -> IdentityState:
        """The domain's state; ``exists`` False where SES has no such identity."""
        ses: Any = self._clients["sesv2"]
        try:
            found = call(ses.get_email_identity, EmailIdentity=domain)
        except AwsError as err:
            if err.code == "NotFoundException":
                return IdentityState(exists=False)
            raise
        dkim = found.get("DkimAttributes", {})
        return IdentityState(
            exists=True,
            tokens=tuple(dkim.get("Tokens", ())),
            signing_zone=dkim.get("SigningHostedZone", ""),
            dkim=dkim.get("Status", "NOT_STARTED"),
            verified=bool(found.get("VerifiedForSendingStatus")),
            mail_from=found.get("MailFromAttributes", {}).get("MailFromDomainStatus", "NOT_STARTED"),
            error=found.get("VerificationInfo", {}).get("ErrorType", ""),
        )

    def restart(self, domain: str, mail_from: str) -> None:
        """Make SES look for DKIM and MAIL FROM records again, after it gave up.

        Signing off and on again, and the MAIL FROM domain set anew, each start SES's 72 hours over.
        """
        ses: Any = self._clients["sesv2"]
        call(ses.put_email_identity_dkim_signing_attributes, EmailIdentity=domain, SigningAttributesOrigin="AWS_SES")
        call(
            ses.put_email_identity_mail_from_attributes,
            EmailIdentity=domain,
            MailFromDomain=mail_from,
            BehaviorOnMxFailure="USE_DEFAULT_VALUE",
        )
