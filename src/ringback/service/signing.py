"""What a webhook post carries besides its body: the program's own header, and signatures (Standard Webhooks)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

LIVE_SECRETS: Final = 2
"""Of a webhook: the newest signs, and the one before it too, so that a program may change over in its own time."""


def post_headers(
    authorization: str | None, secrets: Sequence[str], *, message_id: str, body: bytes, now: float
) -> Mapping[str, str]:
    """Give the headers of a post.

    `secrets`: `whsec_…` in base64, the newest first; none: not signed; `message_id`: the same for every try; `now`: in
    seconds since the epoch.
    """
    headers = {} if authorization is None else {"Authorization": authorization}
    if secrets:
        moment, text = datetime.fromtimestamp(int(now), UTC), body.decode()
        headers["webhook-id"] = message_id
        headers["webhook-timestamp"] = str(int(now))
        headers["webhook-signature"] = " ".join(Webhook(secret).sign(message_id, moment, text) for secret in secrets)
    return headers
