"""Speak a one-time code, digit by digit and slowly, twice.

RINGBACK_API_KEY=… python examples/code_by_voice.py +6512345678 402913
"""

import os
import sys
from datetime import UTC, datetime, timedelta

from ringback.client import Client, Hangup, MakeCall, Say

SOURCE = os.environ.get("RINGBACK_SOURCE", "+15550100100")


def send_code(client: Client, destination: str, code: str) -> str:
    """Start the call and give the id of its session; a code that cannot be told in two minutes is not told at all."""
    receipt = client.callflows.create(
        MakeCall(source=SOURCE, destination=destination),
        Say(text=f"Your code is: {', '.join(code)}.", language="en-US", speed=0.8, repetition=2),
        Hangup(),
        valid_until=datetime.now(UTC) + timedelta(minutes=2),
    )
    return receipt.session_id


if __name__ == "__main__":
    with Client.from_environment() as ringback:
        print(send_code(ringback, sys.argv[1], sys.argv[2]))
