"""Posts a callflow: all that a program needs of the API. The other examples use it."""

import json
import os
import urllib.request

BASE = os.environ.get("RINGBACK_URL", "http://127.0.0.1:8080")
SUBACCOUNT = os.environ.get("RINGBACK_SUBACCOUNT", "sandbox")
SOURCE = os.environ.get("RINGBACK_SOURCE", "+15550100100")


def call(destination: str, actions: list[dict[str, object]], **fields: object) -> dict[str, object]:
    """Call a number and run the actions once it answers; give the receipt. Raises HTTPError for a rejection."""
    dial = {"action": "makeCall", "params": {"source": SOURCE, "destination": destination}}
    request = urllib.request.Request(
        f"{BASE}/api/v1/subaccounts/{SUBACCOUNT}/callflows",
        data=json.dumps({**fields, "callflow": [dial, *actions]}).encode(),
        headers={"Authorization": f"Bearer {os.environ['RINGBACK_API_KEY']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        receipt: dict[str, object] = json.load(answer)
    return receipt
