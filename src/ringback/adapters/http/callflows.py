"""`POST /callflows`, alone or many at once, and `GET /speech-profiles`: what is spoken, and by whom."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.replies import OK, UNPROCESSABLE, failure, reply
from ringback.service.accept import Accept, Receipt
from ringback.service.batch import Batch
from ringback.service.ports import Subaccount
from ringback.service.rulebook import Rulebook

MAX_KEY: Final = 255
"""Longest Idempotency-Key, in characters."""
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")
_HOW_KEYS_ARE: Final = f"Idempotency-Key should be 1..{MAX_KEY} printable ASCII characters"


class CallflowEndpoints:
    """Takes callflows."""

    def __init__(self, accept: Accept, batch: Batch, rulebook: Rulebook) -> None:
        """`rulebook`: knows the longest body, and the voices."""
        self._accept = accept
        self._batch = batch
        self._rulebook = rulebook

    def routes(self) -> Routes:
        """Give the handlers."""
        return {
            "/callflows": {"POST": self._callflow},
            "/callflows/batch": {"POST": self._callflows},
            "/speech-profiles": {"GET": self._profiles},
        }

    async def _callflow(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        body = await read_body(request, self._rulebook.body_bytes)
        key = request.headers.get("idempotency-key")
        if not _is_key(key):
            return failure(request, UNPROCESSABLE, request_id, _HOW_KEYS_ARE)
        if _is_rehearsal(request):
            return _given(self._accept.rehearse(subaccount, body, request_id))
        return _given(await self._accept.callflow(subaccount, body, request_id, key=key))

    async def _callflows(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        body = await read_body(request, self._batch.longest)
        key = request.headers.get("idempotency-key")
        if not _is_key(key):
            return failure(request, UNPROCESSABLE, request_id, _HOW_KEYS_ARE)
        if _is_rehearsal(request):
            return _given(await self._batch.rehearse(subaccount, body, request_id))
        return _given(await self._batch.callflows(subaccount, body, request_id, key=key))

    async def _profiles(self, _request: Request, _subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {"speechProfiles": self._rulebook.profiles(), **OK})


def _is_key(key: str | None) -> bool:
    return key is None or _KEY.fullmatch(key) is not None


def _is_rehearsal(request: Request) -> bool:
    return request.query_params.get("dryRun", "").lower() == "true"


def _given(receipt: Receipt) -> Response:
    return Response(receipt.body, receipt.http, media_type="application/json")
