"""`POST /callflows`, alone or many at once, and `GET /speech-profiles`: what is spoken, and by whom."""

import re
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.answers import rejections
from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.operation import Answer, Body, Operation, Parameter
from ringback.adapters.http.replies import OK, UNPROCESSABLE, failure, reply
from ringback.adapters.http.shapes import callflow as shapes
from ringback.domain import status
from ringback.domain.typed import CallflowRequest
from ringback.service.accept import Accept, Receipt
from ringback.service.batch import Batch
from ringback.service.ports import Subaccount
from ringback.service.rulebook import Rulebook

MAX_KEY: Final = 255
"""Longest Idempotency-Key, in characters."""
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")
_HOW_TO_REHEARSE: Final = "dryRun should be true or false"
_HOW_KEYS_ARE: Final = f"Idempotency-Key should be 1..{MAX_KEY} printable ASCII characters"
_PARAMETERS: Final = (
    Parameter(
        "dryRun",
        "query",
        "`true`: only judge, say which trunk and voices would serve, and start nothing.",
        Literal["true", "false"],
        "false",
    ),
    Parameter(
        "Idempotency-Key",
        "header",
        "Of the program's choice, printable ASCII: the same key and body within 24 hours get the first answer again, "
        "and start nothing.",
        Annotated[str, Meta(min_length=1, max_length=MAX_KEY, pattern=r"^[\x21-\x7e]+$")],
        "order-1200",
    ),
)


class CallflowEndpoints:
    """Takes callflows."""

    operations: ClassVar[tuple[Operation, ...]] = (
        Operation(
            method="POST",
            path="/callflows",
            id="sendCallflow",
            tag="Callflows",
            summary="Send a callflow",
            description=(
                "The first `makeCall` is dialled; what follows is run once it is answered. The names of actions match "
                "in any case. Rules between fields, and which callers and voices there are, are told by the codes "
                "below; every broken rule is in `errors`."
            ),
            parameters=_PARAMETERS,
            body=Body(CallflowRequest, shapes.CALLFLOWS),
            answers=(
                Answer(
                    200,
                    "The callflow is taken, or with `dryRun` would be.",
                    shapes.Receipt | shapes.Rehearsal,
                    {"taken": shapes.RECEIPT, "dry run": shapes.REHEARSAL},
                    links=dict.fromkeys(
                        ("showSession", "endSession", "replaceCallflow"), ("sessionId", "$response.body#/sessionId")
                    ),
                ),
                *rejections(),
            ),
        ),
        Operation(
            method="POST",
            path="/callflows/batch",
            id="sendCallflows",
            tag="Callflows",
            summary="Send up to a thousand callflows",
            description=(
                "Each is judged, put on disk and answered as if it had come alone. With an `Idempotency-Key` a request "
                "that is sent again gets the first answers again, and only what was not taken then is taken now."
            ),
            parameters=_PARAMETERS,
            body=Body(shapes.BatchRequest, {"two": {"callflows": list(shapes.CALLFLOWS.values())[:2]}}),
            answers=(
                Answer(200, "An answer for each, in order.", shapes.Batch, {"one of two is taken": shapes.BATCH}),
                *rejections(status.INVALID_JSON, status.ENTRY_INVALID, status.KEY_USED),
            ),
        ),
        Operation(
            method="GET",
            path="/speech-profiles",
            id="listSpeechProfiles",
            tag="Callflows",
            summary="List the voices",
            answers=(
                Answer(200, "The voices that are installed.", shapes.SpeechProfiles, {"voices": shapes.PROFILES}),
            ),
        ),
    )

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
        key, is_rehearsal = _key(request), _is_rehearsal(request)
        if wrong := _what_is_wrong(key, is_rehearsal):
            return failure(request, UNPROCESSABLE, request_id, wrong)
        if is_rehearsal:
            return _given(self._accept.rehearse(subaccount, body, request_id))
        return _given(await self._accept.callflow(subaccount, body, request_id, key=key))

    async def _callflows(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        body = await read_body(request, self._batch.longest)
        key, is_rehearsal = _key(request), _is_rehearsal(request)
        if wrong := _what_is_wrong(key, is_rehearsal):
            return failure(request, UNPROCESSABLE, request_id, wrong)
        if is_rehearsal:
            return _given(await self._batch.rehearse(subaccount, body, request_id))
        return _given(await self._batch.callflows(subaccount, body, request_id, key=key))

    async def _profiles(self, _request: Request, _subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {"speechProfiles": self._rulebook.profiles(), **OK})


def _what_is_wrong(key: str | None, is_rehearsal: bool | None) -> str:  # noqa: FBT001 - what was read of the request
    """Tell what is wrong with the header or the parameter of a request; empty where nothing is."""
    if key is not None and not _KEY.fullmatch(key):
        return _HOW_KEYS_ARE
    return _HOW_TO_REHEARSE if is_rehearsal is None else ""


def _key(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


def _is_rehearsal(request: Request) -> bool | None:
    """Tell whether nothing is to be started; None where it is not clear: then nothing is, either."""
    if not request.scope["query_string"]:
        return False
    return {"true": True, "false": False}.get(request.query_params.get("dryRun", "false").lower())


def _given(receipt: Receipt) -> Response:
    return Response(receipt.body, receipt.http, media_type="application/json")
