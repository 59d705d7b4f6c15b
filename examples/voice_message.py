"""Speak a message to each of some numbers; whoever presses 9 is not called again.

ringback admin scenario grant voice-message-optout --subaccount sandbox
RINGBACK_API_KEY=… python examples/voice_message.py "The shop is closed on Monday." +6512345678 +6512345679
"""

import os
import sys

from ringback.client import Client, ExecuteScenario

SOURCE = os.environ.get("RINGBACK_SOURCE", "+15550100100")


def send_message(client: Client, destination: str, message: str) -> str:
    """Start the call and give the id of its session."""
    receipt = client.callflows.create(
        ExecuteScenario(
            scenario_name="voice-message-optout",
            scenario_params={"source": SOURCE, "destination": destination, "message": message, "language": "en-US"},
        )
    )
    for warning in receipt.warnings:
        print(f"{destination} {warning.path}: {warning.message}", file=sys.stderr)
    return receipt.session_id


if __name__ == "__main__":
    with Client.from_environment() as ringback:
        for number in sys.argv[2:]:
            print(send_message(ringback, number, sys.argv[1]))
