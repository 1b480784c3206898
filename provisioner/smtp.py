"""A real SMTP login and send, as a WordPress site does it: for rotation's test, drills and the demo."""

import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.onboarding.credentials import SmtpSecret

# IAM needs up to a few minutes until a new key is known everywhere; a 535 within that time is no verdict.
PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 10.0


class Endpoint(msgspec.Struct, frozen=True):
    """Where to connect instead of the secret's own host: the embedded AWS listens elsewhere."""

    host: str
    port: int
    ca_file: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Endpoint | None":
        """From INNKEEPER_SMTP_HOST, _PORT and _CA_FILE, as the sandbox sets them; None where they are not set."""
        host = environment.get("INNKEEPER_SMTP_HOST")
        if not host:
            return None
        return cls(host, int(environment.get("INNKEEPER_SMTP_PORT", "587")), environment.get("INNKEEPER_SMTP_CA_FILE"))


class Refused(InnkeeperError):
    """SES said no. ``code`` is SMTP's number, ``answer`` SES's words, ``stage`` where: login or data."""

    def __init__(self, code: int, answer: str, stage: str) -> None:
        super().__init__(f"SES refused the {stage}: {code} {answer}", hint=_CURES.get(code, ""))
        self.code = code
        self.answer = answer
        self.stage = stage


_CURES = {
    535: "the user name or password is wrong, or the key is switched off: compare with 'innkeeper status'",
    554: "the sender may not send this: 'innkeeper explain' says whether and why it was suspended",
    454: "SES's daily quota or rate is used up: try again later",
}


def send(secret: SmtpSecret, message: EmailMessage, endpoint: Endpoint | None = None) -> str:
    """Log in and send one message; SES's message id. Raises Refused with SES's own code and words."""
    place = endpoint or Endpoint(secret.host, secret.port)
    try:
        with smtplib.SMTP(place.host, place.port, timeout=30) as client:
            client.starttls(context=ssl.create_default_context(cafile=place.ca_file))
            client.login(secret.username, secret.password)
            return _hand_over(client, message)
    except smtplib.SMTPAuthenticationError as error:
        raise Refused(error.smtp_code, _words(error.smtp_error), "login") from None
    except smtplib.SMTPSenderRefused as error:
        raise Refused(error.smtp_code, _words(error.smtp_error), "sender") from None
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise Refused(code, _words(answer), "recipient") from None
    except smtplib.SMTPDataError as error:
        raise Refused(error.smtp_code, _words(error.smtp_error), "data") from None
    except (OSError, smtplib.SMTPException) as error:
        raise InnkeeperError(
            f"no SMTP connection to {place.host}:{place.port} ({type(error).__name__})",
            hint="look at the network and at the firewall; SES listens on ports 587, 465 and 2587",
        ) from error


def _hand_over(client: smtplib.SMTP, message: EmailMessage) -> str:
    """MAIL, RCPT, DATA by hand, because smtplib's own ``sendmail`` throws SES's answer with the id away."""
    recipients = [address.addr_spec for header in ("To", "Cc") for address in _addresses(message, header)]
    code, answer = client.mail(str(message["From"].addresses[0].addr_spec))
    if code != 250:  # noqa: PLR2004 - SMTP's "ok"
        raise smtplib.SMTPSenderRefused(code, answer, "")
    for recipient in recipients:
        code, answer = client.rcpt(recipient)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({recipient: (code, answer)})
    code, answer = client.data(message.as_bytes())
    if code != 250:  # noqa: PLR2004 - SMTP's "ok"
        raise smtplib.SMTPDataError(code, answer)
    return _words(answer).removeprefix("Ok").strip()


def _addresses(message: EmailMessage, header: str) -> tuple[Address, ...]:
    return message[header].addresses if message[header] else ()


def _words(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def probe(
    secret: SmtpSecret,
    message: EmailMessage,
    endpoint: Endpoint | None = None,
    *,
    patience: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Like ``send``, but waits out IAM's propagation: a 535 counts only after ``patience`` seconds (G4)."""
    deadline = clock() + patience
    while True:
        try:
            return send(secret, message, endpoint)
        except Refused as error:
            if error.code != 535 or clock() + _PAUSE_SECONDS > deadline:  # noqa: PLR2004 - bad credentials
                raise
        sleep(_PAUSE_SECONDS)
