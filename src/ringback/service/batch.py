"""Many callflows come in at once: each is judged, put on disk and answered as if it had come alone."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
import structlog

from ringback.domain import payloads, status
from ringback.domain.scalars import MISSING
from ringback.domain.verdict import Verdict, Violation
from ringback.service.accept import Accept, Judged, Receipt
from ringback.service.ports import Clock, KeptReceipt, Overloaded, Store, Subaccount

MAX_ENTRIES: Final = 1000
"""Callflows in one request."""
TURN: Final = 25
"""Callflows that are judged before other work has its turn."""
TURN_BYTES: Final = 65_536
"""What these may hold together, unless it is only one."""
UNDER_WAY: Final = 100
"""Callflows of a request that are on their way to the disk at a time: they share a COMMIT, and others need not wait."""

_OK: Final = 200

_log = structlog.get_logger(__name__)


class _Frame(msgspec.Struct):
    callflows: list[msgspec.Raw] | None = None
    """As they came: each is judged by its own bytes."""


_decoder = msgspec.json.Decoder(_Frame)


class Batch:
    """Takes many callflows in one request."""

    def __init__(self, accept: Accept, store: Store, clock: Clock, new_id: Callable[[], str], *, longest: int) -> None:
        """`new_id`: gives a UUID; `longest`: bytes of a request."""
        self._accept = accept
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self.longest = longest

    async def callflows(
        self, subaccount: Subaccount, body: bytes, request_id: str, *, key: str | None = None
    ) -> Receipt:
        """Judge the body of a `POST /callflows/batch`; the answer is given when all that is accepted is on disk.

        `key`: an Idempotency-Key; what was answered under it within a day is answered so again, entry by entry, and
        only the rest is taken: whatever died in the middle, no entry starts twice.
        """
        entries = self._entries(body)
        if isinstance(entries, Violation):
            return _refused(entries, request_id)
        since = self._clock.now()
        if key is not None:
            # never that of a POST /callflows, which may have had the same body
            digest = hashlib.sha256(b"batch\0" + body).digest()
            kept = KeptReceipt(subaccount.sub_account_id, key, digest, since, _OK, b"")
            earlier = await self._store.create_once(kept, None)
            if earlier is not None and earlier.digest != digest:
                return _answered(status.KEY_USED, request_id)
            since = kept.created if earlier is None else earlier.created
        receipts: list[Receipt] = []
        writing: asyncio.Future[list[Receipt]] | None = None
        for first in range(0, len(entries), UNDER_WAY):
            judged: list[Judged | Receipt] = []
            for turn in _turns(entries[first : first + UNDER_WAY]):
                judged += [self._judge(subaccount, entry) for entry in turn]
                await asyncio.sleep(0)
            receipts += () if writing is None else await writing
            # no key of a program holds a space
            keys = [None if key is None else f"{key} {first + place}" for place in range(len(judged))]
            work = (self._keep(subaccount, each, own, since) for each, own in zip(judged, keys, strict=True))
            writing = asyncio.gather(*work)  # while the next are judged
        receipts += () if writing is None else await writing
        return _answer(receipts)

    async def rehearse(self, subaccount: Subaccount, body: bytes, request_id: str) -> Receipt:
        """Judge as `callflows` does, and start nothing."""
        entries = self._entries(body)
        if isinstance(entries, Violation):
            return _refused(entries, request_id)
        receipts: list[Receipt] = []
        for some in _turns(entries):
            receipts += [self._accept.rehearse(subaccount, entry, self._new_id()) for entry in some]
            await asyncio.sleep(0)
        return _answer(receipts)

    def _entries(self, body: bytes) -> Sequence[bytes] | Violation:
        """Give the callflows, or what is wrong with the request as a whole."""
        if len(body) > self.longest:
            return Violation(status.INVALID_JSON, "$", f"larger than {self.longest} bytes")
        try:
            entries = _decoder.decode(body).callflows
        except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
            return _not_decoded(fault)
        if entries is None:
            return _misshapen(MISSING)
        if not 1 <= len(entries) <= MAX_ENTRIES:
            return _misshapen(f"must have 1 to {MAX_ENTRIES} entries")
        return [bytes(entry) for entry in entries]

    # an entry alone hears of what goes wrong with it: the others are, or will be, on disk

    def _judge(self, subaccount: Subaccount, entry: bytes) -> Judged | Receipt:
        request_id = self._new_id()
        try:
            return self._accept.judge(subaccount, entry, request_id)
        except Exception:  # noqa: BLE001 - a fault of ours is -9999 for the client and a line in the log for us
            return _failed(request_id)

    async def _keep(self, subaccount: Subaccount, judged: Judged | Receipt, key: str | None, since: float) -> Receipt:
        if isinstance(judged, Receipt):
            return judged
        try:
            return await self._accept.keep(subaccount, judged, key=key, since=since)
        except Overloaded:
            return _answered(status.TOO_MANY_REQUESTS, judged.request_id)
        except Exception:  # noqa: BLE001 - as above
            return _failed(judged.request_id)


def _failed(request_id: str) -> Receipt:
    _log.exception("request-failed", callFlowRequestId=request_id)
    return _answered(status.UNKNOWN_ERROR, request_id)


def _answered(code: int, request_id: str) -> Receipt:
    row = status.STATUS_CODES[code]
    return Receipt(row.http, payloads.refused_body(code, request_id=request_id))


def _not_decoded(fault: Exception) -> Violation:
    if not isinstance(fault, msgspec.ValidationError):
        return Violation(status.INVALID_JSON, "$", str(fault))
    if str(fault).endswith("$.callflows`"):
        return _misshapen("must be an array")
    return Violation(status.INVALID_JSON, "$", "must be an object")


def _misshapen(reason: str) -> Violation:
    return Violation(status.ENTRY_INVALID, "$.callflows", f"$.callflows: {reason}")


def _refused(violation: Violation, request_id: str) -> Receipt:
    verdict = Verdict(violations=(violation,))
    return Receipt(verdict.http, payloads.rejected_body(verdict, request_id=request_id))


def _turns(entries: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Give the entries in order, at most TURN at a time, and not more than TURN_BYTES of more than one."""
    some: list[bytes] = []
    size = 0
    for entry in entries:
        if some and (len(some) == TURN or size + len(entry) > TURN_BYTES):
            yield some
            some, size = [], 0
        some.append(entry)
        size += len(entry)
    yield some


def _answer(receipts: Sequence[Receipt]) -> Receipt:
    accepted = sum(receipt.http == _OK for receipt in receipts)
    return Receipt(_OK, payloads.batch_body([receipt.body for receipt in receipts], accepted))
