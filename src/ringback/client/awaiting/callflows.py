"""Callflows: what is spoken to whom."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar, Unpack

import msgspec

from ringback.client.actions import Action, Beside, Callflow
from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import Batch
from ringback.client.errors import Refused
from ringback.client.http import Call, entry_outcome
from ringback.client.replies import Receipt, Rehearsal

T = TypeVar("T")


class AsyncCallflows:
    """Sends callflows."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def create(self, *actions: Action, idempotency_key: str | None = None, **beside: Unpack[Beside]) -> Receipt:
        """Call a number (the first action says which) and run the actions once it answers.

        The receipt means that the session is on the server's disk. `beside`: the fields of a `Callflow`.

        `idempotency_key`: 1..255 printable ASCII characters; None: one is made. The same key and callflow within a day
        give the same receipt and call nobody twice, so this is sent again where its answer was lost.

        Raises CallflowRejected and every other ClientError, ValueError for a time without a zone.
        """
        callflow = Callflow(actions=actions, **beside)
        return await self._connection.send(self._call("/callflows", Receipt, callflow.body(), idempotency_key))

    async def create_json(
        self, callflow: Mapping[str, object] | bytes, *, idempotency_key: str | None = None
    ) -> Receipt:
        """Send a callflow that is JSON already, as it is; the rest is as with `create`."""
        body = callflow if isinstance(callflow, bytes) else msgspec.json.encode(callflow)
        return await self._connection.send(self._call("/callflows", Receipt, body, idempotency_key))

    async def create_batch(
        self, callflows: Sequence[Callflow], *, idempotency_key: str | None = None
    ) -> Sequence[Receipt | Refused]:
        """Send 1..1000 callflows at once and give for each, in order, its receipt or why it has none.

        An entry is refused as `create` would have been, but nothing is raised. The same key and callflows within a day
        give the same receipts again, and only those are tried that the server could not take (TooManyRequests,
        ServerFault). Raises CallflowRejected where the whole is none, and every other ClientError.
        """
        body = b'{"callflows":[%s]}' % b",".join(callflow.body() for callflow in callflows)
        batch = await self._connection.send(self._call("/callflows/batch", Batch, body, idempotency_key))
        return [entry_outcome(result, Receipt) for result in batch.results]

    async def dry_run(self, *actions: Action, **beside: Unpack[Beside]) -> Rehearsal:
        """Judge a callflow and start nothing. Raises CallflowRejected and every other ClientError, ValueError."""
        body = Callflow(actions=actions, **beside).body()
        query = {"dryRun": "true"}
        return await self._connection.send(
            Call("POST", "/callflows", Rehearsal, query=query, body=body, repeatable=True)
        )

    def _call(self, path: str, reply: type[T], body: bytes, key: str | None) -> Call[T]:
        keys = self._connection.keys
        if keys and key is None:
            key = str(uuid.uuid4())
        return Call("POST", path, reply, body=body, key=key, repeatable=keys)
