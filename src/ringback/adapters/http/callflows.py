"""`POST /callflows` and `GET /speech-profiles`: what is spoken, and by whom."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.replies import OK, UNPROCESSABLE, failure, reply
from ringback.service.accept import Accept
from ringback.service.ports import Subaccount
from ringback.service.rulebook import Rulebook

MAX_KEY: Final = 255
"""Longest Idempotency-Key, in characters."""
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")


class CallflowEndpoints:
    """Takes callflows."""

    def __init__(self, accept: Accept, rulebook: Rulebook) -> None:
        """`rulebook`: knows the longest body, and the voices."""
        self._accept = accept
        self._rulebook = rulebook

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/callflows": {"POST": self._callflow}, "/speech-profiles": {"GET": self._profiles}}

    async def _callflow(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        body = await read_body(request, self._rulebook.body_bytes)
        key = request.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            message = f"Idempotency-Key should be 1..{MAX_KEY} printable ASCII characters"
            return failure(request, UNPROCESSABLE, request_id, message)
        if request.query_params.get("dryRun", "").lower() == "true":
            receipt = self._accept.rehearse(subaccount, body, request_id)
        else:
            receipt = await self._accept.callflow(subaccount, body, request_id, key=key)
        return Response(receipt.body, receipt.http, media_type="application/json")

    async def _profiles(self, _request: Request, _subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {"speechProfiles": self._rulebook.profiles(), **OK})
