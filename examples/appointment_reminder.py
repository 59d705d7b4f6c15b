"""Remind somebody of an appointment: one call, one message spoken twice, and the call is over.

RINGBACK_API_KEY=… python examples/appointment_reminder.py +6512345678 "tomorrow at ten"
"""

import sys

from callflows import call


def remind(destination: str, when: str) -> dict[str, object]:
    """Start the call and give the receipt."""
    text = f"Hello. This is a reminder of your appointment {when}. Goodbye."
    say = {"text": text, "voiceProfile": "en-US-BenjaminRUS", "repetition": 2}
    return call(destination, [{"action": "say", "params": say}, {"action": "hangup"}], clientRequestId="reminder-1")


if __name__ == "__main__":
    print(remind(sys.argv[1], sys.argv[2]))
