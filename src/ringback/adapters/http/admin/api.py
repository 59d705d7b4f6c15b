"""The admin API: all endpoints of operators behind their door."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.routing import Route

from ringback.adapters.http.admin.accounts import AccountEndpoints
from ringback.adapters.http.admin.audit import AuditEndpoints
from ringback.adapters.http.admin.caller_ids import CallerIdEndpoints
from ringback.adapters.http.admin.door import AdminDoor, AdminEndpoints
from ringback.adapters.http.admin.erasures import ErasureEndpoints
from ringback.adapters.http.admin.keys import KeyEndpoints
from ringback.adapters.http.admin.lists import ListEndpoints
from ringback.adapters.http.admin.numbers import OwnedNumberEndpoints
from ringback.adapters.http.admin.opt_outs import OptOutLists
from ringback.adapters.http.admin.recording_push import PushEndpoints
from ringback.adapters.http.admin.scenarios import ScenarioTemplates
from ringback.adapters.http.admin.subaccounts import SubaccountEndpoints
from ringback.adapters.http.admin.voices import VoiceEndpoints
from ringback.adapters.http.admin.webhooks import HookEndpoints
from ringback.adapters.http.operation import Operation
from ringback.domain.voice import Voice
from ringback.service.admin_gate import AdminGate
from ringback.service.admin_store import AdminStore
from ringback.service.erasure import Eraser
from ringback.service.ports import Clock
from ringback.service.rulebook import Rulebook

OPERATIONS: Final[tuple[Operation, ...]] = (
    *SubaccountEndpoints.operations,
    *AccountEndpoints.operations,
    *KeyEndpoints.operations,
    *CallerIdEndpoints.operations,
    *OwnedNumberEndpoints.operations,
    *HookEndpoints.operations,
    *PushEndpoints.operations,
    *ScenarioTemplates.operations,
    *OptOutLists.operations,
    *VoiceEndpoints.operations,
    *ListEndpoints.operations,
    *ErasureEndpoints.operations,
    *AuditEndpoints.operations,
)
"""Everything that operators can do, in the order of the reference."""


def rooms(clock: Clock, voices: Callable[[], Sequence[Voice]], *, allow_http: bool) -> Sequence[AdminEndpoints]:
    """Make all endpoints. `voices`: gives those that are installed; `allow_http`: also endpoints of S3 without TLS."""
    return (
        SubaccountEndpoints(),
        AccountEndpoints(),
        KeyEndpoints(clock),
        CallerIdEndpoints(),
        OwnedNumberEndpoints(),
        HookEndpoints(),
        PushEndpoints(allow_http=allow_http),
        ScenarioTemplates(),
        OptOutLists(),
        VoiceEndpoints(voices),
        ListEndpoints(),
        ErasureEndpoints(),
        AuditEndpoints(),
    )


def admin_routes(
    store: AdminStore,
    rulebook: Rulebook,
    eraser: Eraser,
    clock: Clock,
    new_id: Callable[[], str],
    endpoints: Sequence[AdminEndpoints],
    *,
    requests_per_second: float,
    on_answer: Callable[[str, str, int, float], None] | None = None,
) -> list[Route]:
    """Make the routes of `/admin/v1`.

    `rulebook`: what callflows are held to; `eraser`: removes sessions with their files; `new_id`: gives a UUID;
    `endpoints`: see `rooms`; `requests_per_second`: per admin key, 0 is no limit; `on_answer`: as that of a Doorway.
    """
    door = AdminDoor(AdminGate(store, clock, requests_per_second), store, rulebook, eraser, clock, new_id)
    if on_answer is not None:
        door.on_answer = on_answer
    found = [door.route(path, handlers) for room in endpoints for path, handlers in room.routes().items()]
    return [*found, door.route("/{rest:path}", {}), door.route("", {})]
