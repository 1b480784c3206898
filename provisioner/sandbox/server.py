"""The web server of a sandbox: moto's application with an account of its own, faults, and loud refusals.

Reaches into moto 5.2.5: ``DomainDispatcherApplication`` and ``create_backend_app``, the parts that its own server is
made of. One application serves all sandboxes of a process; each has its own port, and its port decides the account.
"""

import functools
import json
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from provisioner.sandbox.faults import ServerFaults, Verdict
from provisioner.sandbox.operation import Operation, operation_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

NOT_IMPLEMENTED = "InnkeeperSandboxNotImplemented"
CRASHED = "InnkeeperSandboxCrashed"
_NO_RETRY = 501  # neither boto3 nor the SDK for Go retries it
_HTML = re.compile(r"^text/html", re.IGNORECASE)


class QuietHandler(MotoRequestHandler):  # type: ignore[misc]
    """Keeps the terminal for what matters."""

    def log_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Log nothing."""


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """Remembers which service a host is: moto lists its own folder anew, twice for each request."""

    @functools.lru_cache(maxsize=256)  # noqa: B019  the one dispatcher lives as long as the process
    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of moto's backend, None where there is none."""
        return super().get_backend_for_host(host)


@functools.cache
def _application() -> Any:
    return _Dispatcher(create_backend_app)


class AccountApplication:
    """moto's application as one account sees it."""

    def __init__(self, account: str, faults: ServerFaults) -> None:
        self._account = account
        self._faults = faults
        self.unimplemented: list[str] = []  # operations that were refused, for tests and the demo's last line

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        environ.setdefault("HTTP_X_MOTO_ACCOUNT_ID", self._account)
        operation = operation_of(environ)
        verdict = self._faults.judge(operation)
        if verdict is not None and verdict.before:
            return self._fault(operation, verdict, start_response)
        try:
            answer = _Answer.of(_application(), environ)
        except NotImplementedError as error:
            return self._refuse(operation, start_response, str(error))
        except Exception:  # noqa: BLE001  whatever moto trips over must name the operation
            return self._crash(operation, start_response)
        if answer.is_unknown_route(operation):
            return self._refuse(operation, start_response, "no such route")
        if verdict is not None:
            return self._fault(operation, verdict, start_response)
        start_response(answer.status, answer.headers)
        return answer.body

    def _refuse(self, operation: Operation, start_response: StartResponse, detail: str) -> list[bytes]:
        self.unimplemented.append(str(operation))
        message = f"The sandbox does not implement {operation} ({detail})."
        return _error(operation, start_response, _NO_RETRY, NOT_IMPLEMENTED, message)

    def _crash(self, operation: Operation, start_response: StartResponse) -> list[bytes]:
        trace = traceback.format_exc()
        self.unimplemented.append(f"{operation} (crashed)")
        return _error(operation, start_response, _NO_RETRY, CRASHED, f"The sandbox crashed in {operation}: {trace}")

    @staticmethod
    def _fault(operation: Operation, verdict: Verdict, start_response: StartResponse) -> list[bytes]:
        if verdict.delay:
            time.sleep(verdict.delay)
        return _error(operation, start_response, verdict.status, verdict.code, verdict.message)


class _Answer:
    """A response that was read whole, so that it can still be replaced."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: list[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @classmethod
    def of(cls, application: Any, environ: Environ) -> "_Answer":
        started: list[Any] = []
        body = application(environ, lambda status, headers, _exc=None: started.extend((status, headers)))
        try:
            content = list(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return cls(started[0], started[1], content)

    def is_unknown_route(self, operation: Operation) -> bool:
        """Tell whether moto knows no such path: an HTML page, or nothing at all, with 404 or 405."""
        if not self.status.startswith(("404", "405")) or operation.service in ("s3", "moto-api"):
            return False
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return bool(_HTML.match(kind)) and (not b"".join(self.body).strip() or b"<html" in b"".join(self.body).lower())


def _error(operation: Operation, start: StartResponse, status: int, code: str, message: str) -> list[bytes]:
    """Write an error in the protocol of the service, so that every client shows code and message."""
    headers = [("x-amzn-errortype", code)]
    if operation.cbor:
        headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        raw = b"\xa2" + b"".join(_cbor_text(text) for text in ("__type", code, "message", message))
    elif operation.service == "s3":
        headers.append(("Content-Type", "application/xml"))
        raw = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>".encode()
    elif operation.xml:
        headers.append(("Content-Type", "text/xml"))
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        raw = f"<ErrorResponse>{inner}<RequestId>sandbox</RequestId></ErrorResponse>".encode()
    else:
        headers.append(("Content-Type", "application/json"))
        raw = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    if operation.method == "HEAD":
        raw = b""
    start(f"{status} {code}", [*headers, ("Content-Length", str(len(raw)))])
    return [raw]


def _cbor_text(text: str) -> bytes:
    """Encode a string: major type 3 with a length of four bytes."""
    raw = text.encode()
    return b"\x7a" + len(raw).to_bytes(4, "big") + raw


class Server:
    """A server in a thread of this process, on the loopback address."""

    def __init__(self, account: str, faults: ServerFaults, port: int = 0) -> None:
        self.application = AccountApplication(account, faults)
        self._server = make_server("127.0.0.1", port, self.application, threaded=True, request_handler=QuietHandler)
        self._thread = threading.Thread(target=self._serve, name="sandbox-server", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return where it answers; 127.0.0.1, not localhost, else S3 wants path style."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_port)

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)  # how long stop() waits
