"""A two-level IVR: the webhook app that answers each VCA with the next callflow.

Try it with a sandbox:

ringback serve --sandbox
ringback admin webhook add --subaccount sandbox VCA=http://127.0.0.1:8090/
python examples/ivr_webhook.py &
RINGBACK_API_KEY=… python examples/ivr_call.py +6512345611

And the other way round, a call into it:

ringback admin number add +15550100199 --subaccount sandbox
ringback handset --call +15550100199 --press 1@4 --record heard.wav
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VOICE = {"voiceProfile": "en-US-Heart"}
MENUS = {
    "main": ("For opening hours, press 1. For your order, press 2.", {"1": "hours", "2": "order"}),
    "order": ("Your order is on its way. To hear this again, press 1. To end, press 2.", {"1": "order", "2": "bye"}),
}
MESSAGES = {"hours": "We are open from nine to five. Goodbye.", "bye": "Goodbye."}


def step(name: str) -> dict[str, Any]:
    """Give the callflow of a menu or of a closing message."""
    if name in MESSAGES:
        return {"callflow": [{"action": "say", "params": {"text": MESSAGES[name], **VOICE}}, {"action": "hangup"}]}
    capture = {"promptMessage": MENUS[name][0], "minDigits": 1, "maxDigits": 1, "noOfTries": 2, **VOICE}
    return {"clientActionId": name, "callflow": [{"action": "sayAndCapture", "params": capture}]}


class Webhook(BaseHTTPRequestHandler):
    """Answers VCAs: where the caller is, and what was pressed there, say what comes next."""

    def do_POST(self) -> None:
        """Read the VCA and answer with the next callflow."""
        vca = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["payload"]
        menu = vca.get("clientActionId")  # none: somebody calls
        body = json.dumps(step(MENUS[menu][1].get(vca["dtmf"] or "", "bye") if menu in MENUS else "main")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Webhook).serve_forever()
