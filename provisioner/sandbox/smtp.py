"""SES's SMTP endpoint on this machine: real SMTP, real TLS, SES's checks in SES's order.

It differs from SES where SES cannot be known from outside: an open session keeps its login when its key is made
inactive (policies are asked anew for each message), and changes to IAM act at once.
"""

import asyncio
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import AuthResult, LoginPassword

from provisioner.errors import InnkeeperError
from provisioner.model.regions import has_smtp
from provisioner.sandbox.acceptance import ACTION, Incoming, accept
from provisioner.sandbox.certificates import TlsFiles, make_certificates
from provisioner.sandbox.clock import clock_for
from provisioner.sandbox.mail_headers import Refusal, senders_of
from provisioner.sandbox.principals import Caller, Desk
from provisioner.sandbox.publish import deliver, new_id
from provisioner.sandbox.ses.lookup import zone_lookup
from provisioner.sandbox.ses.verification import refresh
from provisioner.sandbox.smtp_protocol import IDLE_SECONDS, SesProtocol
from provisioner.sandbox.state import ses_state

log = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_START_SECONDS = 10.0


class SmtpEndpoint:
    """SMTP of one account and Region, in a thread of its own. Ports 0: any free ones.

    Clients trust ``ca_file``; the certificate names 127.0.0.1, localhost and SES's own host of the Region.
    """

    def __init__(
        self,
        account: str,
        region: str,
        folder: Path,
        *,
        starttls_port: int = 0,
        tls_port: int = 0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        if not has_smtp(region):
            raise InnkeeperError(f"SES has no SMTP endpoint in {region}", hint="choose a Region that has one")
        self.host = _HOST
        self.starttls_port = starttls_port
        self.tls_port = tls_port
        hosts = (f"email-smtp.{region}.amazonaws.com", "localhost", _HOST)
        self._files: TlsFiles = make_certificates(folder, hosts)
        self._account, self._region = account, region
        self._idle_seconds = idle_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    @property
    def ca_file(self) -> Path:
        """Certificate of the authority that clients must trust, in PEM form."""
        return self._files.ca

    def start(self) -> Self:
        """Listen; returns when both ports answer."""
        if self._thread is not None:
            raise RuntimeError("the SMTP endpoint runs already")
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="ses-smtp", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the SMTP endpoint did not start")
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise InnkeeperError(
                f"the SMTP endpoint could not listen: {self._failure}", hint="choose other ports"
            ) from self._failure
        return self

    def stop(self) -> None:
        """Hang up on everybody and free the ports. Harmless when not running."""
        thread, loop, stopping = self._thread, self._loop, self._stopping
        if thread is None or loop is None or stopping is None:
            return
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        self._thread = self._loop = self._stopping = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        context, handler = self._files.server_context(), _Handler(self._account, self._region)
        make = partial(SesProtocol, handler, context, idle_seconds=self._idle_seconds, loop=self._loop)
        plain = await self._loop.create_server(partial(make, wrapped=False), _HOST, self.starttls_port)
        try:
            wrapped = await self._loop.create_server(partial(make, wrapped=True), _HOST, self.tls_port, ssl=context)
        except OSError:
            plain.close()
            raise
        self.starttls_port = plain.sockets[0].getsockname()[1]
        self.tls_port = wrapped.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        plain.close()
        wrapped.close()
        await handler.hang_up()


class _Handler:
    """What aiosmtpd asks: who logs in, and what to answer to a message."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self.connections: weakref.WeakSet[SesProtocol] = weakref.WeakSet()
        self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ses-smtp")

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Check the access key id and the password derived from its secret."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        try:
            name, password = data.login.decode("ascii"), data.password.decode("ascii")
        except UnicodeDecodeError:
            return AuthResult(success=False, handled=False)
        caller = self._desk().log_in(name, password, clock_for(self._account).now())
        return AuthResult(success=caller is not None, handled=False, auth_data=caller)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Answer a whole message. The work is done in a thread: it asks moto and publishes events."""
        server.hold_timeout()
        try:
            work = partial(self._take, session.auth_data, session, envelope, server.tls_version)
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        except Refusal as refusal:
            return str(refusal)
        finally:
            server.resume_timeout()

    async def handle_exception(self, error: Exception) -> str:
        """Answer a fault of the sandbox itself, and say it loudly: the client only sees that it may try again."""
        log.error("sandbox smtp failed", exc_info=error)
        return f"451 Temporary service failure ({type(error).__name__}: see the sandbox's log)"

    async def hang_up(self) -> None:
        """Close every connection and wait for the work under way."""
        await asyncio.gather(*(connection.close() for connection in list(self.connections)))
        await asyncio.to_thread(self._workers.shutdown)

    def _take(self, caller: Caller, session: Any, envelope: Any, tls_version: str | None) -> str:
        state, now = ses_state(self._account, self._region), clock_for(self._account).now()
        message_id = new_id()
        mail = Incoming(
            message_id=message_id,
            at=now,
            mail_from=envelope.mail_from,
            recipients=tuple(dict.fromkeys(envelope.rcpt_tos)),
            raw=_received(session, message_id) + envelope.original_content,
            caller=caller,
            source_ip=session.peer[0],
            tls_version=tls_version,
        )
        self._look_for_records(mail)
        with state.lock:
            accepted = accept(state, mail, partial(self._desk().judge, caller, ACTION))
            state.accepted.append(accepted)
        deliver(self._account, self._region, accepted)
        return f"250 Ok {message_id}"

    def _look_for_records(self, mail: Incoming) -> None:
        """Look into DNS for identities still unverified, as SES does by itself all the time."""
        state = ses_state(self._account, self._region)
        # In the SES sandbox recipients must be verified, too.
        recipients = () if state.settings.production_access else mail.recipients
        waiting = [
            identity
            for identity in map(state.identity_of, (*senders_of(mail.raw), mail.mail_from, *recipients))
            if identity is not None and not identity.verified
        ]
        for identity in waiting:
            refresh(state, identity, mail.at, zone_lookup(state))

    def _desk(self) -> Desk:
        return Desk(self._account, self._region, ses_state(self._account, self._region).partition)


def _received(session: Any, message_id: str) -> bytes:
    """Write the trace header that SES puts on top; the client's own name may hold anything."""
    name = "".join(sign for sign in str(session.host_name) if sign.isalnum() or sign in ".-[]:")[:255]
    text = (
        f"Received: from {name} ({name} [{session.peer[0]}]) by email-smtp.amazonaws.com with SMTP "
        f"(SimpleEmailService-innkeeper) id {message_id[-20:]}\r\n"
    )
    return text.encode()
