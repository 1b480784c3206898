"""SES's side of an SMTP conversation: aiosmtpd with SES's words, time-out and TLS-wrapper port."""

import asyncio
import logging
import re
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP

from provisioner.sandbox.acceptance import MAX_BYTES

# aiosmtpd warns at each login of an attribute that only aiosmtpd itself sets.
logging.getLogger("mail.log").setLevel(logging.ERROR)

IDLE_SECONDS = 10.0
_LONG = 3600.0

# What aiosmtpd says → what SES says: developer guide, "Amazon SES SMTP issues" and "response codes"; public logs.
_WORDS = {
    "235 2.7.0 Authentication successful": "235 Authentication successful.",
    "250 OK": "250 Ok",
    "500 Error: strict ASCII mode": "553 Invalid email address",  # SES has no SMTPUTF8
    "500 Line too long (see RFC5321 4.5.3.1.6)": "554 Transaction failed: Maximum line length exceeded",
    "530 5.7.0 Authentication required": "530 Authentication required",
    "535 5.7.8 Authentication credentials invalid": "535 Authentication Credentials Invalid",
    "538 5.7.11 Encryption required for requested authentication mechanism": "530 Must issue a STARTTLS command first",
    "552 Error: Too much mail data": "552 Message is too long.",
    "552 Error: message size exceeds fixed maximum message size": "552 Message is too long.",
}
_MALFORMED = "553 5.1.3 Error: malformed address"
_ADDRESS = r"""(?:[\w!#$%&'*+/=?^`{|}~.-]+|"(?:[^"\\]|\\.)+")@(?:[\w-]+\.)*[\w-]+\.?"""
_PATH = re.compile(rf"\s*(?:<({_ADDRESS})>|({_ADDRESS}))((?:\s.*)?)", re.ASCII | re.DOTALL)


class SesProtocol(SMTP):  # type: ignore[misc]
    """One connection. ``wrapped``: TLS from the first byte, so there is no STARTTLS."""

    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(self, handler: Any, context: ssl.SSLContext, *, wrapped: bool, idle_seconds: float, loop: Any) -> None:
        super().__init__(
            handler,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=False,
            hostname="email-smtp.amazonaws.com",
            ident="SimpleEmailService",
            tls_context=None if wrapped else context,
            require_starttls=not wrapped,
            timeout=idle_seconds,
            auth_required=True,
            auth_require_tls=True,
            authenticator=handler.authenticate,
            loop=loop,
        )
        self._wrapped = wrapped
        self._command = ""
        handler.connections.add(self)

    def connection_made(self, transport: Any) -> None:
        """Start; TLS made before the first byte counts as TLS for AUTH."""
        super().connection_made(transport)
        if self._wrapped:
            self._tls_protocol = transport  # aiosmtpd only asks whether there is one

    def data_received(self, data: bytes) -> None:
        """Take bytes; a client that keeps sending is not idle."""
        self._reset_timeout()
        super().data_received(data)

    def hold_timeout(self) -> None:
        """Stop the idle clock while the endpoint itself is working."""
        self._reset_timeout(_LONG)

    def resume_timeout(self) -> None:
        """Start the idle clock again, unless the client has gone meanwhile."""
        if self.transport is not None:
            self._reset_timeout()

    @property
    def tls_version(self) -> str | None:
        """TLS version of the connection, as SES writes it."""
        channel = self.transport.get_extra_info("ssl_object") if self.transport else None
        return channel.version() if channel else None

    async def push(self, status: Any) -> None:
        """Answer, in SES's words."""
        if status == _MALFORMED:
            status = f"501 Invalid {self._command} address provided"
        await super().push(_WORDS.get(status, status))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read an address exactly; aiosmtpd would drop spaces in it and so write to somebody else."""
        found = _PATH.fullmatch(arg)
        return (found[1] or found[2], found[3]) if found else (None, None)

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        """Take the mechanism in any case, as RFC 4954 asks."""
        mechanism, _, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Remember the command: SES names it when an address is malformed."""
        self._command = "MAIL FROM"
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Remember the command: SES names it when an address is malformed."""
        self._command = "RCPT TO"
        await super().smtp_RCPT(arg)

    async def close(self) -> None:
        """Hang up, because the endpoint stops."""
        if self.transport is not None:
            self.transport.abort()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    def _timeout_cb(self) -> None:
        if self.transport is not None:
            self.transport.write(b"451 Timeout waiting for data from client.\r\n")
        super()._timeout_cb()
