"""A running sandbox, as a library: ``with Sandbox() as aws: aws.client("sesv2")``."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from provisioner.errors import InnkeeperError
from provisioner.sandbox import running
from provisioner.sandbox.clock import Clock, clock_for, forget
from provisioner.sandbox.faults import ServerFaults
from provisioner.sandbox.state import AcceptedMessage, DeliveredMail, SesState, ses_state

if TYPE_CHECKING:
    import boto3

    from provisioner.sandbox.fanout import Refused
    from provisioner.sandbox.payloads import Outcome
    from provisioner.sandbox.server import Server
    from provisioner.sandbox.smtp import SmtpEndpoint

_T = TypeVar("_T")
_ATTEMPTS = "3"  # so that nothing retries for minutes against a server that says no at once


class Sandbox:
    """The embedded AWS: one account in one Region, answering on this machine until it is stopped.

    ``folder`` holds certificates and unpacked Lambda code; None: a temporary one. ``account`` None: the first free
    number, 123456789012 for the only sandbox of a process.
    """

    def __init__(
        self,
        folder: Path | None = None,
        region: str = "eu-central-1",
        account: str | None = None,
        *,
        port: int = 0,
        smtp: bool = True,
    ) -> None:
        self.region = region
        self.faults = ServerFaults()
        self._wanted_account = account
        self._given_folder = folder
        self._port = port
        self._with_smtp = smtp
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._server: Server | None = None
        self._smtp: SmtpEndpoint | None = None
        self._account: str | None = None
        self._folder: Path | None = None
        self._own_session: boto3.Session | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start answering; returns when it does."""
        if self._account is not None:
            raise InnkeeperError("this sandbox runs already")
        self._account = running.reserve(self._wanted_account)
        try:
            self._start(self._account)
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self, account: str) -> None:
        try:
            from provisioner.sandbox.repairs import install  # noqa: PLC0415  moto takes half a second to import

            install()
            from provisioner.sandbox.server import Server  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise InnkeeperError(
                f"the sandbox needs the Python package {error.name}", hint="pip install 'innkeeper[sandbox]'"
            ) from error
        if self._given_folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="innkeeper-sandbox-")
        self._folder = self._given_folder or Path(self._temporary.name if self._temporary else ".")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._reset(account)
        self._server = Server(account, self.faults, self._port)
        if self._with_smtp:
            from provisioner.sandbox.smtp import SmtpEndpoint  # noqa: PLC0415

            self._smtp = SmtpEndpoint(account, self.region, self._folder / "tls").start()
        running.started(account, running.Running(self._server.url, self._folder, self.environment()))

    def stop(self) -> None:
        """Stop answering and forget everything but the folder that was given."""
        account, self._account, self._own_session = self._account, None, None
        if self._smtp is not None:
            self._smtp.stop()
            self._smtp = None
        if self._server is not None:
            self._server.stop()
            self._server = None
        if account is not None:
            self._reset(account)
            forget(account)
            running.release(account)
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    @property
    def account(self) -> str:
        """Return the account number."""
        return _needs_start(self._account)

    @property
    def folder(self) -> Path:
        """Return where its files are."""
        return _needs_start(self._folder)

    @property
    def endpoint_url(self) -> str:
        """Return where all services answer."""
        return _needs_start(self._server).url

    @property
    def ca_file(self) -> Path:
        """Return the certificate that SMTP clients must trust."""
        return self._endpoint.ca_file

    @property
    def smtp_host(self) -> str:
        """Return the host of the SMTP endpoint."""
        return self._endpoint.host

    @property
    def smtp_port(self) -> int:
        """Return the port for STARTTLS."""
        return self._endpoint.starttls_port

    @property
    def smtps_port(self) -> int:
        """Return the port for TLS from the start."""
        return self._endpoint.tls_port

    @property
    def clock(self) -> Clock:
        """Return the clock that SES, its events and the SMTP endpoint follow."""
        return clock_for(self.account)

    @property
    def ses(self) -> SesState:
        """Return the state of SES, for tests to look at and to change."""
        return ses_state(self.account, self.region)

    @property
    def mailbox(self) -> list[DeliveredMail]:
        """Return the mails that left, one per recipient."""
        return self.ses.mailbox

    @property
    def accepted(self) -> list[AcceptedMessage]:
        """Return the mails that SES took."""
        return self.ses.accepted

    @property
    def refused(self) -> "list[Refused]":
        """Return what got lost between SES, topics, queues and functions, and why."""
        from provisioner.sandbox.fanout import refused  # noqa: PLC0415  only a running sandbox pays for moto

        return refused(self.account, self.region)

    @property
    def unimplemented(self) -> list[str]:
        """Return the operations that were asked for and refused because the sandbox lacks them."""
        return _needs_start(self._server).application.unimplemented

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to talk to this sandbox instead of AWS."""
        found = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": _ATTEMPTS,
        }
        if self._smtp is not None:
            found |= {
                "INNKEEPER_SMTP_HOST": self.smtp_host,
                "INNKEEPER_SMTP_PORT": str(self.smtp_port),
                "INNKEEPER_SMTPS_PORT": str(self.smtps_port),
                "INNKEEPER_SMTP_CA_FILE": str(self.ca_file),
            }
        return found

    def session(self) -> "boto3.Session":
        """Make a boto3 session whose clients talk to this sandbox without naming an endpoint."""
        import boto3  # noqa: PLC0415

        session = boto3.Session(
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",  # noqa: S106  opens nothing: moto asks for no permission
            region_name=self.region,
        )
        _point(session, self.endpoint_url)
        return session

    def client(self, service: str) -> Any:
        """Make a boto3 client, a new one at each call."""
        if self._own_session is None:
            self._own_session = self.session()  # kept: loading the service models takes most of the time
        make: Any = self._own_session.client
        return make(service)

    def publish(self, configuration_set: str, event: dict[str, Any]) -> int:
        """Publish an event in SES's form to the set's destinations; how many topics took it."""
        from provisioner.sandbox.publish import publish  # noqa: PLC0415

        return publish(self.account, self.region, configuration_set, event)

    def report(self, message_id: str, outcome: "Outcome") -> dict[str, Any]:
        """Bring in what became of an accepted mail later, a complaint for example; the event as published."""
        from provisioner.sandbox.publish import report  # noqa: PLC0415

        return report(self.account, self.region, message_id, outcome)

    def announce(self, *records: tuple[str, str, str]) -> None:
        """Say that DNS outside Route 53 answers these: (name, type, value)."""
        from provisioner.sandbox.ses.verification import announce  # noqa: PLC0415

        announce(self.ses, records)

    def verify(self, domain: str) -> None:
        """Announce the DKIM records of a domain identity, so that it may send."""
        from provisioner.sandbox.ses.verification import target  # noqa: PLC0415

        identity = self.ses.identities[domain]
        self.announce(*((f"{t}._domainkey.{domain}", "CNAME", target(identity, t)) for t in identity.dkim_tokens))

    def reset(self) -> None:
        """Empty this account in all Regions; other sandboxes of the process keep theirs. Faults are cleared, too."""
        self._reset(self.account)
        self.faults.clear()

    @staticmethod
    def _reset(account: str) -> None:
        from moto.core.base_backend import BackendDict  # noqa: PLC0415  the list of backends in use

        for backend in list(BackendDict._instances):  # noqa: SLF001
            if account in backend:
                backend[account].reset()

    @property
    def _endpoint(self) -> "SmtpEndpoint":
        return _needs_start(self._smtp)


def _needs_start(value: _T | None) -> _T:
    if value is None:
        raise InnkeeperError("the sandbox does not run, or runs without this part", hint="use it in a with statement")
    return value


def _point(session: Any, url: str) -> None:
    """Give every client of the session the endpoint; the environment of this process stays as it is."""
    original = session.client

    def client(service: str, **options: Any) -> Any:
        options.setdefault("endpoint_url", url)
        return original(service, **options)

    session.client = client
