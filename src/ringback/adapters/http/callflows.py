"""`POST /callflows` and `GET /speech-profiles`: what is spoken, and by whom."""

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.replies import OK, reply
from ringback.service.accept import Accept
from ringback.service.ports import Subaccount
from ringback.service.rulebook import Rulebook


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
        receipt = await self._accept.callflow(subaccount, body, request_id)
        return Response(receipt.body, receipt.http, media_type="application/json")

    async def _profiles(self, _request: Request, _subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {"speechProfiles": self._rulebook.profiles(), **OK})
