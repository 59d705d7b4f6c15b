# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/webhooks.py; do not edit.
"""Where the server posts what happens; what it posts is read by `ringback.client.webhooks`."""

from collections.abc import Sequence

import msgspec

from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import WebhookList
from ringback.client.http import Call, segment
from ringback.client.replies import Webhook


class Webhooks:
    """Shows and changes webhooks; there is one for each type: VCA, VCS, VSS, VRU, VNU."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def list(self) -> Sequence[Webhook]:
        """Give all webhooks. Raises ClientError."""
        return (self._connection.send(Call("GET", "/webhooks", WebhookList))).webhooks

    def set(
        self, type_: str, url: str, *, http_auth_header: str | None = None, enabled: bool = True
    ) -> Sequence[Webhook]:
        """Add or replace the webhook of a type, and give all webhooks.

        `http_auth_header`: what is sent as Authorization. Raises Invalid and every other ClientError.
        """
        said = {"type": type_, "url": url, "httpAuthHeader": http_auth_header, "enabled": enabled}
        body = msgspec.json.encode({name: value for name, value in said.items() if value is not None})
        # done twice, it is as it was after the first time
        call = Call("POST", "/webhooks", WebhookList, body=body, repeatable=True)
        return (self._connection.send(call)).webhooks

    def delete(self, type_: str) -> Webhook:
        """Remove the webhook of a type and give what it was. Raises NotFound and every other ClientError."""
        return self._connection.send(Call("DELETE", f"/webhooks/{segment(type_)}", Webhook))
