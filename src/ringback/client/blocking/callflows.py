# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/callflows.py; do not edit.
"""Callflows: what is spoken to whom."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar, Unpack

import msgspec

from ringback.client.actions import BEYOND, Action, Beside, Callflow
from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import Batch
from ringback.client.errors import NotPublished, Refused
from ringback.client.http import Call, entry_outcome
from ringback.client.replies import Receipt, Rehearsal

T = TypeVar("T")


class Callflows:
    """Sends callflows."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def create(self, *actions: Action, idempotency_key: str | None = None, **beside: Unpack[Beside]) -> Receipt:
        """Call a number (the first action says which) and run the actions once it answers.

        The receipt means that the session is on the server's disk. `beside`: the fields of a `Callflow`.

        `idempotency_key`: 1..255 printable ASCII characters; None: one is made. The same key and callflow within a day
        give the same receipt and call nobody twice, so this is sent again where its answer was lost.

        Raises CallflowRejected and every other ClientError, ValueError for a time without a zone.
        """
        body = self._written(Callflow(actions=actions, **beside))
        return self._connection.send(self._call("/callflows", Receipt, body, idempotency_key))

    def create_json(self, callflow: Mapping[str, object] | bytes, *, idempotency_key: str | None = None) -> Receipt:
        """Send a callflow that is JSON already, as it is; the rest is as with `create`."""
        body = callflow if isinstance(callflow, bytes) else msgspec.json.encode(callflow)
        return self._connection.send(self._call("/callflows", Receipt, body, idempotency_key))

    def create_batch(
        self, callflows: Sequence[Callflow], *, idempotency_key: str | None = None
    ) -> Sequence[Receipt | Refused]:
        """Send 1..1000 callflows at once and give for each, in order, its receipt or why it has none.

        An entry is refused as `create` would have been, but nothing is raised. The same key and callflows within a day
        give the same receipts again, and only those are tried that the server could not take (TooManyRequests,
        ServerFault). Raises CallflowRejected where the whole is none, and every other ClientError.
        """
        body = b'{"callflows":[%s]}' % b",".join(map(self._written, callflows))
        batch = self._connection.send(self._call("/callflows/batch", Batch, body, idempotency_key))
        return [entry_outcome(result, Receipt) for result in batch.results]

    def dry_run(self, *actions: Action, **beside: Unpack[Beside]) -> Rehearsal:
        """Judge a callflow and start nothing. Raises CallflowRejected and every other ClientError, ValueError."""
        if self._connection.hosted:
            message = "a dry run: the hosted API would call"
            raise NotPublished(message)
        body = Callflow(actions=actions, **beside).body()
        query = {"dryRun": "true"}
        return self._connection.send(Call("POST", "/callflows", Rehearsal, query=query, body=body, repeatable=True))

    def _call(self, path: str, reply: type[T], body: bytes, key: str | None) -> Call[T]:
        heeded = not self._connection.hosted
        if heeded and key is None:
            key = str(uuid.uuid4())
        return Call("POST", path, reply, body=body, key=key, repeatable=heeded)

    def _written(self, callflow: Callflow) -> bytes:
        """Write a callflow. Raises NotPublished where the server would understand it otherwise."""
        if self._connection.hosted and (said := [name for name in BEYOND if getattr(callflow, name) is not None]):
            message = f"{', '.join(said)}: the hosted API would call at once, and once"
            raise NotPublished(message)
        return callflow.body()
