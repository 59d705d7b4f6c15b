"""Number masking: two people reach each other through a virtual number, and neither sees the number of the other.

ringback admin number add +15550100199 --subaccount acme
ringback admin webhook add VCA=http://127.0.0.1:8091/ --subaccount acme
python examples/masking_webhook.py
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ringback.client import Hangup, MakeCall, webhooks

PAIRS = {"+4915112345678": "+4930123456", "+4930123456": "+4915112345678"}


def answer(vca: webhooks.CallAction) -> bytes:
    """Connect a caller of the table with the other of the pair; anyone else is declined."""
    other = PAIRS.get(vca.source or "")
    if other is None or vca.destination is None:
        return webhooks.answer(Hangup())
    return webhooks.answer(MakeCall(source=vca.destination, destination=other))


class Webhook(BaseHTTPRequestHandler):
    """Takes VCAs."""

    def do_POST(self) -> None:
        """Answer CALL_RECEIVED."""
        posted = webhooks.parse(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer(posted) if isinstance(posted, webhooks.CallAction) else b"")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8091"))), Webhook).serve_forever()
