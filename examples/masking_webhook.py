"""Number masking: two people reach each other through a virtual number, and neither sees the number of the other.

ringback admin number add +15550100199 --subaccount acme
ringback admin webhook add VCA=http://127.0.0.1:8091/ --subaccount acme
python examples/masking_webhook.py
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAIRS = {"+4915112345678": "+4930123456", "+4930123456": "+4915112345678"}


class Webhook(BaseHTTPRequestHandler):
    """Connects a caller of the table with the other of the pair; anyone else is declined."""

    def do_POST(self) -> None:
        """Answer CALL_RECEIVED."""
        vca = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["payload"]
        other = PAIRS.get(vca["source"])
        masked = {"action": "makeCall", "params": {"source": vca["destination"], "destination": other}}
        body = json.dumps({"callflow": [masked if other else {"action": "hangup"}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8091"))), Webhook).serve_forever()
