"""`/rates`, `/numbering` and `/exports` of the admin API: what exports are made of, and what became of them."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Body
from ringback.adapters.http.replies import CSV, reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import MOMENT
from ringback.domain.numbering import parse_numbering
from ringback.domain.rate import parse_rates
from ringback.domain.scalars import format_moment
from ringback.service import pages
from ringback.service.operator import Operator
from ringback.service.webhooks import ParameterInvalid

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of a price list, or a list of number ranges."""
_RATE: Final = shapes.ShownRate(direction="OUTBOUND", prefix="65", price="0.03", currency="EUR", increment="60/60")
_RANGE: Final = shapes.ShownRange(prefix="6590", operator="Example Mobile", mcc="525", mnc="01")
_JOB: Final = shapes.ShownExportJob(
    name="8f2b8f2b8f2b8f2b", sub_account_id="acme", status="succeeded", created_at=MOMENT, lines=1200
)
_IMPORTED: Final = Answer(200, "It is there instead.", shapes.Imported, {"imported": shapes.Imported(**said(count=1))})

T = TypeVar("T")


class ListEndpoints:
    """Lists and replaces rates and number ranges, and lists exports."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/rates",
            "listRates",
            "List the rates",
            Answer(
                200, "A page.", shapes.RateList, {"rates": shapes.RateList(**said(rates=[_RATE], next_cursor=None))}
            ),
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "POST",
            "/rates/import",
            "importRates",
            "Put a price list in the place of the one that is there",
            _IMPORTED,
            answers.invalid_parameter("line 2: currency: should be three capitals, such as EUR"),
            body=Body(str, {"one rate": "prefix,price,currency,increment\r\n65,0.03,EUR,60/60\r\n"}, CSV),
        ),
        parts.operation(
            "GET",
            "/numbering",
            "listNumbering",
            "List the number ranges",
            Answer(
                200,
                "A page.",
                shapes.RangeList,
                {"ranges": shapes.RangeList(**said(numbering=[_RANGE], next_cursor=None))},
            ),
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "POST",
            "/numbering/import",
            "importNumbering",
            "Put number ranges in the place of those that are there",
            _IMPORTED,
            answers.invalid_parameter("line 2: mcc: should be three digits"),
            body=Body(str, {"one range": "prefix,operator,mcc,mnc\r\n6590,Example Mobile,525,01\r\n"}, CSV),
        ),
        parts.operation(
            "GET",
            "/exports",
            "listExports",
            "List the latest exports of all subaccounts",
            Answer(200, "The newest first.", shapes.ExportJobs, {"jobs": shapes.ExportJobs(**said(exports=[_JOB]))}),
            answers.invalid_parameter("limit: should be 1..200"),
            parameters=parts.PAGE[:1],
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            "/rates": {"GET": self._rates},
            "/rates/import": {"POST": self._import_rates},
            "/numbering": {"GET": self._numbering},
            "/numbering/import": {"POST": self._import_numbering},
            "/exports": {"GET": self._exports},
        }

    async def _rates(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.rates()
        page, cursor = parts.page_of(found, lambda each: f"{each.direction} {each.prefix}", request.query_params)
        shown = [
            shapes.ShownRate(
                direction=each.direction.value,
                prefix=each.prefix,
                price=each.price,
                currency=each.currency,
                increment=each.increment,
            )
            for each in page
        ]
        return reply(200, shapes.RateList(**said(rates=shown, next_cursor=cursor)))

    async def _import_rates(self, request: Request, operator: Operator, _request_id: str) -> Response:
        rates = await _parsed(request, parse_rates)
        await operator.replace_rates(rates)
        return reply(200, shapes.Imported(**said(count=len(rates))))

    async def _numbering(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.numbering()
        page, cursor = parts.page_of(found, lambda each: each.prefix, request.query_params)
        shown = [
            shapes.ShownRange(prefix=each.prefix, operator=each.operator, mcc=each.mcc, mnc=each.mnc) for each in page
        ]
        return reply(200, shapes.RangeList(**said(numbering=shown, next_cursor=cursor)))

    async def _import_numbering(self, request: Request, operator: Operator, _request_id: str) -> Response:
        ranges = await _parsed(request, parse_numbering)
        await operator.replace_numbering(ranges)
        return reply(200, shapes.Imported(**said(count=len(ranges))))

    async def _exports(self, request: Request, operator: Operator, _request_id: str) -> Response:
        shown = [
            shapes.ShownExportJob(
                name=job.name,
                sub_account_id=job.sub_account_id,
                status=str(job.state),
                created_at=format_moment(job.created),
                lines=job.lines,
            )
            for job in await operator.exports(pages.limit_of(request.query_params))
        ]
        return reply(200, shapes.ExportJobs(**said(exports=shown)))


async def _parsed(request: Request, parse: Callable[[Iterable[str]], Sequence[T]]) -> Sequence[T]:
    """Read a list from the body, in a thread: it may have half a million lines. Raises ParameterInvalid, BadList."""
    content = await read_parameters(request, MAX_BYTES)
    try:
        return await asyncio.to_thread(lambda: parse(content.decode("utf-8-sig").splitlines(keepends=True)))
    except UnicodeDecodeError:
        message = "the body is not UTF-8"
        raise ParameterInvalid(message) from None
