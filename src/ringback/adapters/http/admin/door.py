"""The way to the endpoints of operators."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Doorway
from ringback.adapters.http.operation import Entrance, Operation
from ringback.adapters.http.scopes import admin_scope_of
from ringback.domain import status
from ringback.domain.scope import Scope
from ringback.service.admin_gate import AdminGate
from ringback.service.admin_store import AdminStore
from ringback.service.audit import Actor
from ringback.service.erasure import Eraser
from ringback.service.gate import Refused
from ringback.service.operator import Operator
from ringback.service.ports import Clock
from ringback.service.rulebook import Rulebook

AdminHandler: TypeAlias = Callable[[Request, Operator, str], Awaitable[Response]]
"""Takes the request, who sends it, and the id of the request. May raise NotThere, Conflict, Unusable."""
AdminRoutes: TypeAlias = Mapping[str, Mapping[str, AdminHandler]]
"""Handlers by path below `/admin/v1`, and by method; of two paths that both fit, the first counts."""


class AdminEndpoints(Protocol):
    """Endpoints that belong together."""

    @property
    def operations(self) -> Sequence[Operation]:
        """What each is to those who call it; that of a class."""

    def routes(self) -> AdminRoutes:
        """Give the handlers."""


class AdminDoor(Doorway[Operator]):
    """Lets in whoever has an admin key; a key that may only read is told so where it would change something."""

    base = measured_below = Entrance.ADMIN.value

    def __init__(
        self,
        gate: AdminGate,
        store: AdminStore,
        rulebook: Rulebook,
        eraser: Eraser,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        """`store`: what operators work on; `rulebook`: what callflows are held to; `new_id`: gives a UUID."""
        super().__init__(clock, new_id)
        self._rulebook = rulebook
        self._eraser = eraser
        self._gate = gate
        self._store = store

    async def _admit(self, request: Request, scope: Scope | None, request_id: str) -> Operator:
        del scope  # of API keys
        key = await self._gate.admit(request.headers.get("authorization"))
        actor = Actor(key.key_id, key.name)
        operator = Operator(self._store, self._clock, actor, request_id, lambda: self._rulebook, lambda: self._eraser)
        needed = admin_scope_of(request.method)
        if key.scope not in {needed, "write"}:
            await operator.note_refusal(f"{request.method} {request.url.path}")
            raise Refused(status.FORBIDDEN, detail=needed)
        return operator
