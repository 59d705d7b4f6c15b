"""Calls that come in: whose number was called, and which program knows what to do (wire specification, section 4).

```
  trunk               reception                         runner
    |-- INVITE -------->|  number -> subaccount -> VCA webhook?
    |<-- 404 -----------|  no
    |<-- 180 -----------|  yes: the session is put on disk ---> CallReceived, VCA CALL_RECEIVED, ...
```
"""

import structlog

from ringback.domain.callflow import Callflow
from ringback.domain.number import MAX_DIGITS, Number
from ringback.engine import events
from ringback.service.desk import Desk, wants
from ringback.service.errands import Errands
from ringback.service.ports import IncomingCall, NewSession, QueuedSession, Subaccount
from ringback.service.recorder import LiveTrace
from ringback.service.runner import Runner

NOT_FOUND = 404
UNAVAILABLE = 503

_log = structlog.get_logger(__name__)


class Reception:
    """Takes callers in, or turns them away."""

    def __init__(self, desk: Desk, runner: Runner, owner: str) -> None:
        """`owner`: who runs, for the store."""
        self._desk = desk
        self._runner = runner
        self._owner = owner
        self._errands = Errands("reception-fault")
        self.is_open = True
        """While it is not, callers are turned away with 503."""

    def incoming(self, call: IncomingCall) -> None:
        """Deal with a caller."""
        early: list[events.Event] = []
        self._desk.telephone.attend(call.call_id, early.append)
        self._errands.spawn(self._deal(call, early, self._desk.recorder.open(call.call_id)))

    async def _deal(self, call: IncomingCall, early: list[events.Event], trace: LiveTrace) -> None:
        desk = self._desk
        taken_in = False
        try:
            subaccount = await self._owner_of(call)
            if subaccount is None:
                desk.telephone.reject(call.call_id, NOT_FOUND)
            elif not self.is_open or not desk.trunks.occupy(call.trunk, subaccount.sub_account_id):
                desk.telephone.reject(call.call_id, UNAVAILABLE)
            else:
                await self._receive(call, subaccount, early, trace)
                taken_in = True
        except Exception:  # noqa: BLE001 - whatever fails here, the caller must not wait for ever
            _log.exception("caller-not-taken-in", call=call.call_id)
            desk.telephone.reject(call.call_id, UNAVAILABLE)
        finally:
            if not taken_in:
                desk.recorder.close(trace)

    async def _owner_of(self, call: IncomingCall) -> Subaccount | None:
        """Give the subaccount whose number was called, where it has a webhook that decides."""
        owner = await self._desk.store.number_owner(call.called.removeprefix("+"))
        subaccount = None if owner is None else await self._desk.store.subaccount(owner)
        return subaccount if wants(subaccount, "VCA") else None

    async def _receive(
        self, call: IncomingCall, subaccount: Subaccount, early: list[events.Event], trace: LiveTrace
    ) -> None:
        desk = self._desk
        desk.telephone.ring(call.call_id)
        now = desk.clock.now()
        session = NewSession(
            session_id=desk.new_id(),
            sub_account_id=subaccount.sub_account_id,
            request_id=desk.new_id(),
            created=now,
            trunk=call.trunk,
            callflow=Callflow(actions=()),
        )
        try:
            await desk.store.begin_session(session, self._owner, now)
        except BaseException:
            desk.trunks.release(call.trunk, subaccount.sub_account_id)
            raise
        queued = QueuedSession(
            session_id=session.session_id,
            sub_account_id=session.sub_account_id,
            request_id=session.request_id,
            created=session.created,
            trunk=session.trunk,
            callflow=session.callflow,
        )
        received = events.CallReceived(call.call_id, number_of(call.caller), number_of(call.called))
        self._runner.receive(queued, received, early, trace)


def number_of(user: str) -> Number:
    """Take the number that a SIP user part holds as it came, possible or not; `0` where it holds no digits."""
    digits = "".join(character for character in user.partition(";")[0] if character.isascii() and character.isdigit())
    return Number(digits[:MAX_DIGITS] or "0")
