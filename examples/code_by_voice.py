"""Speak a one-time code, digit by digit and slowly, twice.

RINGBACK_API_KEY=… python examples/code_by_voice.py +6512345678 402913
"""

import sys
import time

from callflows import call


def send_code(destination: str, code: str) -> dict[str, object]:
    """Start the call and give the receipt; a code that cannot be told within two minutes is not told at all."""
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 120))
    say = {"text": f"Your code is: {', '.join(code)}.", "language": "en-US", "speed": 0.8, "repetition": 2}
    return call(destination, [{"action": "say", "params": say}, {"action": "hangup"}], validUntil=expires)


if __name__ == "__main__":
    print(send_code(sys.argv[1], sys.argv[2]))
