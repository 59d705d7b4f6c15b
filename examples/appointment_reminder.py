"""Remind somebody of an appointment: one call, one message spoken twice, and the call is over.

RINGBACK_API_KEY=… python examples/appointment_reminder.py +6512345678 "tomorrow at ten"
"""

import os
import sys

from ringback.client import Client, Hangup, MakeCall, Say

SOURCE = os.environ.get("RINGBACK_SOURCE", "+15550100100")


def remind(client: Client, destination: str, when: str) -> str:
    """Start the call and give the id of its session."""
    text = f"Hello. This is a reminder of your appointment {when}. Goodbye."
    receipt = client.callflows.create(
        MakeCall(source=SOURCE, destination=destination),
        Say(text=text, voice_profile="en-US-BenjaminRUS", repetition=2),
        Hangup(),
        client_request_id="reminder-1",
    )
    return receipt.session_id


if __name__ == "__main__":
    with Client.from_environment() as ringback:
        print(remind(ringback, sys.argv[1], sys.argv[2]))
