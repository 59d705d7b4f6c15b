"""A callflow comes in: judge it, put it on disk, give the receipt."""

from collections.abc import Callable

import msgspec

from ringback.domain import payloads
from ringback.domain.callflow import MakeCall
from ringback.domain.validation import validate
from ringback.service.ports import Clock, NewSession, Store, Subaccount
from ringback.service.rulebook import Rulebook
from ringback.service.trunks import Trunks


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a request."""

    http: int
    """The HTTP status."""
    body: bytes
    """JSON."""


class Accept:
    """Takes callflows."""

    def __init__(
        self, store: Store, trunks: Trunks, rulebook: Rulebook, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        """`new_id`: gives a UUID."""
        self._store = store
        self._trunks = trunks
        self._rulebook = rulebook
        self._clock = clock
        self._new_id = new_id
        self.on_session: Callable[[str], None] = lambda _trunk: None
        """Called when a session was queued, with its trunk."""

    async def callflow(self, subaccount: Subaccount, body: bytes, request_id: str) -> Receipt:
        """Judge the body of a `POST /callflows`; the receipt of an accepted one is given when it is on disk."""
        now = self._clock.now()
        verdict = validate(body, self._rulebook.rules(subaccount), now)
        if verdict.callflow is None:
            return Receipt(verdict.http, payloads.rejected_body(verdict, request_id=request_id))
        first = verdict.callflow.actions[0]
        route = self._trunks.route(first.destination) if isinstance(first, MakeCall) else None
        trunk = "" if route is None else route.name
        session_id = self._new_id()
        await self._store.create_session(
            NewSession(
                session_id=session_id,
                sub_account_id=subaccount.sub_account_id,
                request_id=request_id,
                created=now,
                trunk=trunk,
                callflow=verdict.callflow,
            )
        )
        self.on_session(trunk)
        return Receipt(verdict.http, payloads.created_body(verdict, session_id=session_id, request_id=request_id))
