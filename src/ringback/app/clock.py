"""The clocks of the machine."""

import time


class SystemClock:
    """Implements `ringback.service.ports.Clock`."""

    def now(self) -> float:
        """Give seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic()
