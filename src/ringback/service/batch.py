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
from ringback.service.accept import Accept, Receipt
from ringback.service.ports import Clock, KeptReceipt, Overloaded, Store, Subaccount

MAX_ENTRIES: Final = 1000
"""Callflows in one request."""
ROUND: Final = 100
"""Callflows that are judged before other work has its turn; they share a COMMIT."""
ROUND_BYTES: Final = 262_144
"""What these may hold together, unless it is only one: judging them takes no longer than one long callflow does."""

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
                row = status.STATUS_CODES[status.KEY_USED]
                return Receipt(row.http, payloads.refused_body(row.code, request_id=request_id))
            since = kept.created if earlier is None else earlier.created
        receipts: list[Receipt] = []
        for some in _rounds(entries):
            places = range(len(receipts), len(receipts) + len(some))
            # no key of a program holds a space
            keys = [None if key is None else f"{key} {place}" for place in places]
            work = (self._take(subaccount, entry, own, since) for entry, own in zip(some, keys, strict=True))
            receipts += await asyncio.gather(*work)
        return _answer(receipts)

    async def rehearse(self, subaccount: Subaccount, body: bytes, request_id: str) -> Receipt:
        """Judge as `callflows` does, and start nothing."""
        entries = self._entries(body)
        if isinstance(entries, Violation):
            return _refused(entries, request_id)
        receipts: list[Receipt] = []
        for some in _rounds(entries):
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

    async def _take(self, subaccount: Subaccount, entry: bytes, key: str | None, since: float) -> Receipt:
        """Take an entry; it alone hears of what goes wrong with it, for the others may be on disk."""
        request_id = self._new_id()
        try:
            return await self._accept.callflow(subaccount, entry, request_id, key=key, since=since)
        except Overloaded:
            row = status.STATUS_CODES[status.TOO_MANY_REQUESTS]
        except Exception:  # noqa: BLE001 - a fault of ours is -9999 for the client and a line in the log for us
            _log.exception("request-failed", callFlowRequestId=request_id)
            row = status.STATUS_CODES[status.UNKNOWN_ERROR]
        return Receipt(row.http, payloads.refused_body(row.code, request_id=request_id))


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


def _rounds(entries: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Give the entries in order, at most ROUND at a time, and not more than ROUND_BYTES of more than one."""
    some: list[bytes] = []
    size = 0
    for entry in entries:
        if some and (len(some) == ROUND or size + len(entry) > ROUND_BYTES):
            yield some
            some, size = [], 0
        some.append(entry)
        size += len(entry)
    yield some


def _answer(receipts: Sequence[Receipt]) -> Receipt:
    accepted = sum(receipt.http == _OK for receipt in receipts)
    return Receipt(_OK, payloads.batch_body([receipt.body for receipt in receipts], accepted))
