"""Call somebody into the IVR of ivr_webhook.py.

RINGBACK_API_KEY=… python examples/ivr_call.py +6512345611
"""

import os
import sys

from ivr_webhook import step

from ringback.client import Client, MakeCall

SOURCE = os.environ.get("RINGBACK_SOURCE", "+15550100100")

if __name__ == "__main__":
    dial = MakeCall(source=SOURCE, destination=sys.argv[1])
    with Client.from_environment() as ringback:
        print(ringback.callflows.create(dial, *step("main"), client_action_id="main").session_id)
