"""Call somebody into the IVR of ivr_webhook.py.

RINGBACK_API_KEY=… python examples/ivr_call.py +6512345611
"""

import sys

from callflows import call
from ivr_webhook import step

if __name__ == "__main__":
    menu = step("main")
    print(call(sys.argv[1], menu["callflow"], clientActionId=menu["clientActionId"]))
