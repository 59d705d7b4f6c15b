"""`/voices` and `/voice-aliases` of the admin API."""

from collections.abc import Callable, Sequence
from typing import Annotated, ClassVar, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.domain.voice import Voice
from ringback.service.operator import MAX_ALIAS, Operator

_ALIAS: Final = Parameter(
    "alias",
    "path",
    "The name, in any case.",
    Annotated[str, Meta(min_length=1, max_length=MAX_ALIAS)],
    "en-US-BenjaminRUS",
)
_SHOWN: Final = shapes.ShownAlias(alias="en-US-BenjaminRUS", voice="en-US-Fenrir")
_VOICE: Final = shapes.ShownVoice(code="en-US-Heart", locale="en-US", gender="F", description="Warm")


class VoiceEndpoints:
    """Lists the installed voices, and lets other names stand for them."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/voices",
            "listVoices",
            "List the installed voices",
            Answer(200, "All.", shapes.VoiceList, {"voices": shapes.VoiceList(**said(voices=[_VOICE]))}),
        ),
        parts.operation(
            "GET",
            "/voice-aliases",
            "listVoiceAliases",
            "List the configured voice aliases",
            Answer(
                200,
                "A page.",
                shapes.AliasList,
                {"aliases": shapes.AliasList(**said(voice_aliases=[_SHOWN], next_cursor=None))},
            ),
            parts.BAD_PAGE,
            parameters=parts.PAGE,
            description="They win over the built-in ones.",
        ),
        parts.operation(
            "PUT",
            "/voice-aliases/{alias}",
            "putVoiceAlias",
            "Let a name stand for a voice",
            parts.DONE,
            answers.invalid_parameter("voice: is missing"),
            parameters=(_ALIAS,),
            body=Body(shapes.GivenAlias, {"a voice": {"voice": "en-US-Fenrir"}}),
            description="For every subaccount; a server that runs knows it within seconds.",
        ),
        parts.operation(
            "DELETE",
            "/voice-aliases/{alias}",
            "removeVoiceAlias",
            "Let a name stand for a voice no longer",
            parts.DONE,
            parts.missing("there is no configured voice alias en-US-BenjaminRUS"),
            parameters=(_ALIAS,),
        ),
    )

    def __init__(self, voices: Callable[[], Sequence[Voice]]) -> None:
        """`voices`: gives those that are installed."""
        self._voices = voices

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            "/voices": {"GET": self._installed},
            "/voice-aliases": {"GET": self._list},
            "/voice-aliases/{alias}": {"PUT": self._put, "DELETE": self._remove},
        }

    async def _installed(self, _request: Request, _operator: Operator, _request_id: str) -> Response:
        shown = [
            shapes.ShownVoice(code=each.code, locale=each.locale, gender=each.gender, description=each.description)
            for each in self._voices()
        ]
        return reply(200, shapes.VoiceList(**said(voices=shown)))

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        aliases = sorted((await operator.voice_aliases()).items())
        page, cursor = parts.page_of(aliases, lambda each: each[0], request.query_params)
        shown = [shapes.ShownAlias(alias=alias, voice=voice) for alias, voice in page]
        return reply(200, shapes.AliasList(**said(voice_aliases=shown, next_cursor=cursor)))

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        voice = (await parts.read(request, shapes.GivenAlias)).voice
        await operator.set_voice_alias(request.path_params["alias"], voice)
        return reply(200, shapes.OK)

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_voice_alias(request.path_params["alias"])
        return reply(200, shapes.OK)
