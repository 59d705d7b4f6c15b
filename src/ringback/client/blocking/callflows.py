# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/callflows.py; do not edit.
"""Callflows: what is spoken to whom."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import msgspec

from ringback.client.actions import Action, Callflow
from ringback.client.blocking.connection import Connection
from ringback.client.http import Call
from ringback.client.replies import Receipt, Rehearsal


class Callflows:
    """Sends callflows."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def create(
        self,
        *actions: Action,
        client_request_id: str | None = None,
        client_action_id: str | None = None,
        valid_until: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Call a number (the first action says which) and run the actions once it answers.

        The receipt means that the session is on the server's disk. `client_request_id` comes back in its summary,
        `client_action_id` in the first `CallAction`; after `valid_until` nobody is called any more.

        `idempotency_key`: 1..255 printable ASCII characters; None: one is made. The same key and callflow within a day
        give the same receipt and call nobody twice, so this is sent again where its answer was lost.

        Raises CallflowRejected and every other ClientError, ValueError for a time without a zone.
        """
        callflow = Callflow(
            actions=actions,
            client_request_id=client_request_id,
            client_action_id=client_action_id,
            valid_until=valid_until,
        )
        return self._create(callflow.body(), idempotency_key)

    def create_json(self, callflow: Mapping[str, object] | bytes, *, idempotency_key: str | None = None) -> Receipt:
        """Send a callflow that is JSON already, as it is; the rest is as with `create`."""
        body = callflow if isinstance(callflow, bytes) else msgspec.json.encode(callflow)
        return self._create(body, idempotency_key)

    def dry_run(
        self,
        *actions: Action,
        client_request_id: str | None = None,
        client_action_id: str | None = None,
        valid_until: datetime | None = None,
    ) -> Rehearsal:
        """Judge a callflow and start nothing. Raises CallflowRejected and every other ClientError, ValueError."""
        callflow = Callflow(
            actions=actions,
            client_request_id=client_request_id,
            client_action_id=client_action_id,
            valid_until=valid_until,
        )
        query = {"dryRun": "true"}
        return self._connection.send(
            Call("POST", "/callflows", Rehearsal, query=query, body=callflow.body(), repeatable=True)
        )

    def _create(self, body: bytes, key: str | None) -> Receipt:
        keys = self._connection.keys
        if keys and key is None:
            key = str(uuid.uuid4())
        return self._connection.send(Call("POST", "/callflows", Receipt, body=body, key=key, repeatable=keys))
