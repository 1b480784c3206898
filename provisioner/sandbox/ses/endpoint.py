"""The one place where SES meets moto: takes requests from moto's dispatcher and answers by our own handlers.

Reaches into moto 5.2.5, with the reason:
* ``sesv2.urls.url_paths``: replaced by one catch-all, because references to reputation entities are ARNs with slashes;
* ``BaseResponse``: its parser reads parameters by the service model, ``serialized`` writes answers by it;
* ``SESV2Backend.iter_tagged_resources``: so that the tagging API finds our identities, sets and tenants;
* ``ses.urls.url_paths`` (SES v1): every call is refused, since moto's v1 would answer from a state nobody fills.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, BaseResponse
from moto.iam.models import iam_backends
from moto.ses import urls as v1_urls
from moto.sesv2 import urls
from moto.sesv2.models import SESV2Backend

from provisioner.sandbox.clock import clock_for
from provisioner.sandbox.ses import OPERATIONS
from provisioner.sandbox.ses.call import Call, SesError
from provisioner.sandbox.state import SesState, ses_state

_PUBLISHES = ("SendEmail", "CreateConfigurationSetEventDestination")

Response = tuple[int, dict[str, str], Any]


class SesEndpoint(BaseResponse):  # type: ignore[misc]
    """Answers every SES v2 request."""

    def __init__(self) -> None:
        super().__init__(service_name="sesv2")
        self.automated_parameter_parsing = True

    def call_action(self) -> Response:
        """Answer one request."""
        operation = self._get_action() or ""
        if operation not in OPERATIONS:
            raise NotImplementedError(f"sesv2 {operation or f'{self.method} {self.path}'}")
        state = ses_state(self.current_account, self.region)
        call = Call(
            state=state,
            now=clock_for(state.account).now(),
            params=dict(self.params),
            caller=_caller(state, self.access_key),
            source_ip=self.normalized_request.remote_addr or "127.0.0.1",
        )
        try:
            # Events may run Lambda code that calls SES again, from another thread: no lock around those.
            with contextlib.nullcontext() if operation in _PUBLISHES else state.lock:
                answer = OPERATIONS[operation](call)
        except SesError as error:
            return _refusal(error)
        status, headers, body = self.serialized(ActionResult(answer))
        return status, headers, body


def install() -> None:
    """Put the endpoint in the place of moto's; before the first request, the routes are read once."""
    urls.url_paths.clear()
    urls.url_paths["{0}/v2/email/(?P<path>.+)$"] = SesEndpoint.dispatch
    v1_urls.url_paths.clear()
    v1_urls.url_paths["{0}/$"] = _refuse_v1
    SESV2Backend.iter_tagged_resources = _tagged


def _refuse_v1(request: Any, _url: str, _headers: Any) -> Response:
    raise NotImplementedError(f"ses {request.form.get('Action', request.path)} (SES v1; use SES v2)")


def _refusal(error: SesError) -> Response:
    headers = {"x-amzn-errortype": error.code, "content-type": "application/json"}
    return error.status, headers, json.dumps({"message": error.message})


def _caller(state: SesState, access_key: str) -> str:
    """Return the IAM user of a key. Keys that IAM does not know are the sandbox's own: root."""
    key = iam_backends[state.account][state.partition].access_keys.get(access_key)
    return str(key.user_name) if key is not None and key.user_name else "root"


def _tagged(backend: Any) -> Iterator[TaggedResource]:
    state = ses_state(backend.account_id, backend.region_name)
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ses:configuration-set", state.configuration_sets),
        ("ses:identity", state.identities),
        ("ses:tenant", state.tenants),
    )
    for kind, items in kinds:
        for item in items.values():
            yield TaggedResource(arn=item.arn, tags=dict(item.tags), resource_type=kind)
