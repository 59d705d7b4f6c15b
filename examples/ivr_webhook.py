"""A two-level IVR: the webhook app that answers each VCA with the next callflow.

Try it with a sandbox:

ringback serve --sandbox
ringback admin webhook add --subaccount sandbox VCA=http://127.0.0.1:8090/
python examples/ivr_webhook.py &
RINGBACK_API_KEY=… python examples/ivr_call.py +6512345611

And the other way round, a call into it:

ringback admin number add +15550100199 --subaccount sandbox
ringback handset --call +15550100199 --press 1@4 --record heard.wav

With what `ringback admin webhook secret VCA --subaccount sandbox` prints in RINGBACK_WEBHOOK_SECRET, it answers to
nobody else than the server.
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ringback.client import Action, Hangup, Say, SayAndCapture, SignatureInvalid, WebhookInvalid, webhooks

SECRET = os.environ.get("RINGBACK_WEBHOOK_SECRET")
VOICE = "en-US-Heart"
MENUS = {
    "main": ("For opening hours, press 1. For your order, press 2.", {"1": "hours", "2": "order"}),
    "order": ("Your order is on its way. To hear this again, press 1. To end, press 2.", {"1": "order", "2": "bye"}),
}
MESSAGES = {"hours": "We are open from nine to five. Goodbye.", "bye": "Goodbye."}


def step(name: str) -> list[Action]:
    """Give the actions of a menu or of a closing message."""
    if name in MESSAGES:
        return [Say(text=MESSAGES[name], voice_profile=VOICE), Hangup()]
    menu = SayAndCapture(prompt_message=MENUS[name][0], voice_profile=VOICE, min_digits=1, max_digits=1, no_of_tries=2)
    return [menu]


def answer(vca: webhooks.CallAction) -> bytes:
    """Say what comes next, from where the caller is and what was pressed there."""
    menu = vca.client_action_id  # none: somebody calls
    name = MENUS[menu][1].get(vca.digits or "", "bye") if menu in MENUS else "main"
    return webhooks.answer(*step(name), client_action_id=name)


class Webhook(BaseHTTPRequestHandler):
    """Takes VCAs."""

    def do_POST(self) -> None:
        """Read the VCA and answer with the next callflow."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if SECRET is not None:
                webhooks.verify(dict(self.headers), body, SECRET)
            posted = webhooks.parse(body)
        except (SignatureInvalid, WebhookInvalid) as fault:
            self.send_error(400, str(fault))
            return
        said = answer(posted) if isinstance(posted, webhooks.CallAction) else b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Webhook).serve_forever()
