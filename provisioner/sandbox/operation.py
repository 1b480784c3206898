"""Which operation a request asks for, read from the request alone, before moto sees it."""

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

_SCOPE = re.compile(r"Credential=[^/]*/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_ALIASES = {"monitoring": "cloudwatch", "states": "stepfunctions", "tagging": "resourcegroupstaggingapi"}
_XML = ("iam", "sts", "route53", "sns", "ec2", "s3control")
_LONGEST_FORM = 10_000_000


@dataclass(frozen=True)
class Operation:
    """A service and an operation as botocore names them; without a model, method and path stand in."""

    service: str
    name: str
    method: str = "POST"
    xml: bool = False
    cbor: bool = False

    def __str__(self) -> str:
        return f"{self.service} {self.name}"


def operation_of(environ: dict[str, Any]) -> Operation:
    """Read the operation. Never fails: what cannot be named is called by its method and path."""
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if path.startswith("/moto-api"):
        return Operation("moto-api", path, method)
    service = _service(environ, path)
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    name = _target(environ) or (_action(environ) if form else None) or _routed(service, environ)
    cbor = environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor"
    return Operation(
        service, name or f"{method} {path}", method, xml=form or (service in _XML and not _target(environ)), cbor=cbor
    )


def _service(environ: dict[str, Any], path: str) -> str:
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = found["service"].lower() if found else "s3"  # presigned and anonymous requests are S3's
    if service == "ses":
        return "sesv2" if path.startswith("/v2/") else "ses"
    return _ALIASES.get(service, service)


def _target(environ: dict[str, Any]) -> str | None:
    target = environ.get("HTTP_X_AMZ_TARGET")
    return target.rpartition(".")[2] if target else None


def _action(environ: dict[str, Any]) -> str | None:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length < _LONGEST_FORM:
        return None
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    named = parse_qs(body.decode(errors="replace")).get("Action")
    return str(named[0]) if named else None


def _routed(service: str, environ: dict[str, Any]) -> str | None:
    """Match method and path against the service model, as moto does."""
    try:
        get_service_model(service)
        operation, _ = get_service_router(service).match(Request(environ.copy()))
    except (NotFound, NotImplementedError, LookupError, ValueError, TypeError):
        return None
    except Exception as error:  # botocore raises a class of its own for unknown services
        if type(error).__name__ not in ("UnknownServiceError", "DataNotFoundError"):
            raise
        return None
    return str(operation.name)
