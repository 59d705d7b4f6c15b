"""`GET /numbers` and `GET /numbers/{number}` (wire specification, section 3)."""

import asyncio
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import BASE, Routes
from ringback.adapters.http.operation import Answer, Operation, Parameter
from ringback.adapters.http.replies import ECHO, OK, reply
from ringback.adapters.http.shapes import number as shapes
from ringback.adapters.http.shapes.scalars import MOMENT
from ringback.domain.inventory import inventory_body
from ringback.domain.number import Number
from ringback.domain.scalars import format_moment
from ringback.service.ports import Clock, Store, Subaccount


class NumberEndpoints:
    """Shows the virtual numbers of a subaccount."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/numbers",
            id="listNumbers",
            tag="Numbers",
            summary="List the virtual numbers",
            answers=(
                Answer(
                    200,
                    "All of them.",
                    shapes.NumberList,
                    {"one": shapes.INVENTORY},
                    links={"showNumber": ("number", "$response.body#/numbers/0/msisdn")},
                ),
            ),
        ),
        Operation(
            method="GET",
            path="/numbers/{number}",
            id="showNumber",
            tag="Numbers",
            summary="Show a virtual number",
            parameters=(Parameter("number", "path", "Its digits, with or without a plus.", str, "6512341234"),),
            answers=(
                Answer(200, "It is one of the subaccount.", shapes.FoundNumber, {"one": shapes.FOUND}),
                Answer(
                    404,
                    "The subaccount has no such number.",
                    shapes.UnknownNumber,
                    {"Number not found": shapes.UnknownNumber(404, "Number not found : 6512341234", MOMENT)},
                ),
            ),
        ),
    )

    def __init__(self, store: Store, clock: Clock, public_url: str) -> None:
        """`public_url`: of this server, without a slash at its end."""
        self._store = store
        self._clock = clock
        self._base = public_url + BASE

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/numbers": {"GET": self._list}, "/numbers/{number}": {"GET": self._show}}

    async def _list(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        numbers = await self._store.list_numbers(subaccount.sub_account_id)
        base = self._base.replace("{sub_account_id}", subaccount.sub_account_id)
        # in a thread: the countries of thousands of numbers take their time
        body = await asyncio.to_thread(inventory_body, numbers, f"{base}/numbers/")
        return reply(200, {**body, **OK})

    async def _show(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        given: str = request.path_params["number"]
        timestamp = format_moment(self._clock.now())
        number = subaccount.numbers.get(given.removeprefix("+"))
        if number is None:
            message = f"Number not found : {given[:ECHO]}"
            return reply(404, shapes.UnknownNumber(404, message, timestamp))
        payload = {
            "referenceId": number.reference_id,
            "msisdn": f"+{number.msisdn}",
            "countryCode": Number(number.msisdn).country,
        }
        return reply(200, {**OK, "timestamp": timestamp, "payload": payload})
