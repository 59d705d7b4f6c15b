"""`/subaccounts/{id}/keys` of the admin API: the API keys of subaccounts."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.accounts import CREATED
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import ECHO, reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.domain.errors import NotThere
from ringback.domain.scalars import format_moment
from ringback.service.key_store import ApiKey
from ringback.service.keys import IssuedKey
from ringback.service.operator import Operator
from ringback.service.ports import Clock

_KEY_ID: Final = Parameter("key_id", "path", "Of the key, as the list shows it.", str, shapes.KEY.key_id)
_ISSUED: Final = shapes.KeyWithSecret(**said(key=shapes.KEY, secret=shapes.SHOWN_ONCE))
_NO_KEY: Final = parts.missing("there is no such key that is valid")


class KeyEndpoints:
    """Lists, makes, rotates and revokes API keys of a subaccount."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/subaccounts/{sub_account_id}/keys",
            "listKeys",
            "List the API keys of a subaccount",
            Answer(
                200,
                "A page; revoked ones are there, too.",
                shapes.KeyList,
                {"keys": shapes.KeyList(**said(keys=[shapes.KEY], next_cursor=None))},
            ),
            parts.NO_SUBACCOUNT,
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "POST",
            "/subaccounts/{sub_account_id}/keys",
            "addKey",
            "Make an API key",
            Answer(CREATED, "The key, and its secret.", shapes.KeyWithSecret, {"made": _ISSUED}),
            parts.NO_SUBACCOUNT,
            answers.conflict("acme has 1000 API keys: revoke some"),
            answers.invalid_parameter("expires: should be in the future"),
            body=Body(shapes.GivenKey, {"for calls": {"name": "laptop", "scopes": ["calls", "read"]}}, required=False),
        ),
        parts.operation(
            "POST",
            "/subaccounts/{sub_account_id}/keys/{key_id}/rotate",
            "rotateKey",
            "Give an API key another secret",
            Answer(200, "The key, and its new secret.", shapes.KeyWithSecret, {"rotated": _ISSUED}),
            _NO_KEY,
            answers.invalid_parameter("graceSeconds: Expected `float` >= 0.0"),
            parameters=(_KEY_ID,),
            body=Body(shapes.Rotation, {"within an hour": {"graceSeconds": 3600}}, required=False),
        ),
        parts.operation(
            "DELETE",
            "/subaccounts/{sub_account_id}/keys/{key_id}",
            "revokeKey",
            "Revoke an API key",
            parts.DONE,
            _NO_KEY,
            parameters=(_KEY_ID,),
            description="It opens nothing any more; the list still has it.",
        ),
    )

    def __init__(self, clock: Clock) -> None:
        """`clock`: tells what has expired."""
        self._clock = clock

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        base = "/subaccounts/{sub_account_id}/keys"
        return {
            base: {"GET": self._list, "POST": self._add},
            base + "/{key_id}/rotate": {"POST": self._rotate},
            base + "/{key_id}": {"DELETE": self._revoke},
        }

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        name = request.path_params["sub_account_id"]
        await operator.subaccount(name)
        found = sorted(await operator.keys(name), key=lambda each: each.key_id)
        page, cursor = parts.page_of(found, lambda each: each.key_id, request.query_params)
        return reply(200, shapes.KeyList(**said(keys=[self._shown(each) for each in page], next_cursor=cursor)))

    async def _add(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.GivenKey, required=False)
        end = parts.seconds_of("expiresAt", asked.expires_at)
        issued = await operator.add_key(request.path_params["sub_account_id"], asked.name, asked.scopes, end)
        return self._issued(CREATED, issued)

    async def _rotate(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.Rotation, required=False)
        key_id = await _theirs(request, operator)
        end = parts.seconds_of("expiresAt", asked.expires_at)
        return self._issued(200, await operator.rotate_key(key_id, asked.grace_seconds, end))

    async def _revoke(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.revoke_key(await _theirs(request, operator))
        return reply(200, shapes.OK)

    def _issued(self, http: int, issued: IssuedKey) -> Response:
        return reply(http, shapes.KeyWithSecret(**said(key=self._shown(issued.key), secret=issued.secret)))

    def _shown(self, key: ApiKey) -> shapes.ShownKey:
        return shapes.ShownKey(
            key_id=key.key_id,
            name=key.name,
            scopes=sorted(key.scopes),
            state=key.state(self._clock.now()),
            created_at=format_moment(key.created),
            expires_at=parts.moment(key.expires),
            last_used_at=parts.moment(key.last_used),
            old_secret_until=parts.moment(key.old_until),
        )


async def _theirs(request: Request, operator: Operator) -> str:
    """Give the id of a key of the subaccount that the path names. Raises NotThere."""
    key_id: str = request.path_params["key_id"]
    key = await operator.key(key_id)
    if key is None or key.sub_account_id != request.path_params["sub_account_id"]:
        message = f"there is no key {key_id[:ECHO]}"
        raise NotThere(message)
    return key_id
