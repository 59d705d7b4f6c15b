"""`GET`, `POST` and `DELETE /recording-push-config`: where the recordings of a subaccount are pushed to."""

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.replies import OK, missing, reply
from ringback.service import recording_push
from ringback.service.ports import Clock, Subaccount
from ringback.service.push_store import PushStore


class RecordingPushEndpoints:
    """Shows and changes where to."""

    def __init__(self, store: PushStore, clock: Clock, body_bytes: int, *, allow_http: bool) -> None:
        """`body_bytes`: the longest body; `allow_http`: also endpoints of S3 without TLS."""
        self._store = store
        self._clock = clock
        self._body_bytes = body_bytes
        self._allow_http = allow_http

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/recording-push-config": {"GET": self._show, "POST": self._set, "DELETE": self._remove}}

    async def _show(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        name = subaccount.sub_account_id
        target = await self._store.push_target(name)
        return _missing(name) if target is None else reply(200, {**recording_push.view(name, target), **OK})

    async def _set(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        body = await read_parameters(request, self._body_bytes)
        target = recording_push.parse(body, allow_http=self._allow_http)
        name = subaccount.sub_account_id
        target = await self._store.set_push_target(name, target, self._clock.now())
        return reply(200, {**recording_push.view(name, target), **OK})

    async def _remove(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        name = subaccount.sub_account_id
        target = await self._store.remove_push_target(name, self._clock.now())
        if target is None:
            return _missing(name)
        return reply(200, {**recording_push.view(name, target), "delete": True, **OK})


def _missing(sub_account_id: str) -> Response:
    return missing(f"Recording push config not found by subAccountId : {sub_account_id}")
