"""A callflow comes in: judge it, put it on disk, give the receipt."""

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from ringback.domain import payloads, status
from ringback.domain.callflow import Callflow, MakeCall
from ringback.domain.quiet_hours import due
from ringback.domain.validation import validate
from ringback.domain.verdict import Notice, Verdict
from ringback.service.ports import Clock, KeptReceipt, NewSession, Store, Subaccount
from ringback.service.rulebook import Rulebook
from ringback.service.trunks import Trunks


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a request."""

    http: int
    """The HTTP status."""
    body: bytes
    """JSON."""


class Judged(msgspec.Struct, frozen=True):
    """A request whose outcome is known, and not on disk."""

    body: bytes
    request_id: str
    at: float
    session: NewSession | None
    """None: it is rejected."""
    receipt: Receipt


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
        self.on_session: Callable[[NewSession, Subaccount], None] = lambda _session, _subaccount: None
        """Called with a session that is about to be queued, and its subaccount."""
        self.on_verdict: Callable[[int], None] = lambda _code: None
        """Called with the status code of every callflow that was judged."""

    async def callflow(
        self, subaccount: Subaccount, body: bytes, request_id: str, *, key: str | None = None
    ) -> Receipt:
        """Judge the body of a `POST /callflows`; the receipt of an accepted one is given when it is on disk.

        `key`: an Idempotency-Key; the same key and body within a day get the first receipt again, and start nothing.
        """
        return await self.keep(subaccount, self.judge(subaccount, body, request_id), key=key)

    def judge(self, subaccount: Subaccount, body: bytes, request_id: str) -> Judged:
        """Judge the body of a `POST /callflows`; nothing is started until it is kept."""
        now = self._clock.now()
        verdict = validate(body, self._rulebook.rules(subaccount), now)
        self.on_verdict(verdict.code)
        session, receipt = self._judged(subaccount, verdict, request_id, now)
        return Judged(body, request_id, now, session, receipt)

    async def keep(
        self, subaccount: Subaccount, judged: Judged, *, key: str | None = None, since: float | None = None
    ) -> Receipt:
        """Put on disk what was judged, and give its receipt; see `callflow`.

        `since`: when the key was used first; None: now.
        """
        if judged.session is not None:
            # first: so the claim follows in the queue to the disk, and shares the COMMIT
            self.on_session(judged.session, subaccount)
        if key is not None:
            digest, receipt = hashlib.sha256(judged.body).digest(), judged.receipt
            kept_from = judged.at if since is None else since
            kept = KeptReceipt(subaccount.sub_account_id, key, digest, kept_from, receipt.http, receipt.body)
            earlier = await self._store.create_once(kept, judged.session)
            if earlier is not None:
                return _again(earlier, digest, judged.request_id)
        elif judged.session is not None:
            await self._store.create_session(judged.session)
        return judged.receipt

    def rehearse(self, subaccount: Subaccount, body: bytes, request_id: str) -> Receipt:
        """Judge as `callflow` does, say which trunk and voices would serve it, and start nothing."""
        verdict = validate(body, self._rulebook.rules(subaccount), self._clock.now())
        if verdict.callflow is None:
            return Receipt(verdict.http, payloads.rejected_body(verdict, request_id=request_id))
        trunk = self._trunk(verdict.callflow, subaccount) or None
        uncovered = self._uncovered(verdict.callflow, subaccount)
        verdict = msgspec.structs.replace(verdict, warnings=(*verdict.warnings, *uncovered))
        return Receipt(verdict.http, payloads.valid_body(verdict, request_id=request_id, trunk=trunk))

    def _judged(
        self, subaccount: Subaccount, verdict: Verdict, request_id: str, now: float
    ) -> tuple[NewSession | None, Receipt]:
        if verdict.callflow is None:
            return None, Receipt(verdict.http, payloads.rejected_body(verdict, request_id=request_id))
        trunk = self._trunk(verdict.callflow, subaccount)
        # for what nobody can dial there is nothing to wait for
        moment = due(verdict.callflow, subaccount.settings.quiet_hours, now) if trunk else now
        session = NewSession(
            session_id=self._new_id(),
            sub_account_id=subaccount.sub_account_id,
            request_id=request_id,
            created=now,
            trunk=trunk,
            callflow=verdict.callflow,
            due=moment,
        )
        body = payloads.created_body(verdict, session_id=session.session_id, request_id=request_id)
        return session, Receipt(verdict.http, body)

    def _trunk(self, callflow: Callflow, subaccount: Subaccount) -> str:
        """Name the trunk that carries call A; empty where none does."""
        first = callflow.actions[0] if callflow.actions else None
        route = self._trunks.route(first.destination, subaccount.settings) if isinstance(first, MakeCall) else None
        return "" if route is None else route.name

    def _uncovered(self, callflow: Callflow, subaccount: Subaccount) -> Iterator[Notice]:
        """Say which calls would not be dialled."""
        for index, action in enumerate(callflow.actions):
            if isinstance(action, MakeCall) and self._trunks.route(action.destination, subaccount.settings) is None:
                message = f"the session would end with {status.NO_COVERAGE}: {status.ERROR_CODES[status.NO_COVERAGE]}"
                place = f"[{index}].params.destination" if callflow.scenario is None else "[0].params.scenarioParams"
                yield Notice(f"$.callflow{place}", message)


def _again(earlier: KeptReceipt, digest: bytes, request_id: str) -> Receipt:
    if earlier.digest == digest:
        return Receipt(earlier.http, earlier.body)
    row = status.STATUS_CODES[status.KEY_USED]
    return Receipt(row.http, payloads.refused_body(row.code, request_id=request_id))
