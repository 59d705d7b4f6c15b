"""The folder of RTP headers: a tap file of every leg, in a folder for each day, so that old ones go by the day.

```
  FOLDER/2026-11-24/5f0c….rbtap
```
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from ringback.adapters.telephone.pcap import Datagram
from ringback.media import tap

_SUFFIX: Final = ".rbtap"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class HeaderFolder:
    """Gives the headers of legs a place, finds them again, and removes old ones."""

    def __init__(self, folder: Path) -> None:
        """`folder`: made when the first leg needs it; what is in it and not ours stays."""
        self._folder = folder
        self._today: Path | None = None

    def place(self, call_id: str, now: float) -> Path:
        """Give the file for a leg; `now`: seconds since the epoch. Raises OSError."""
        today = self._folder / _day(now).isoformat()
        if today != self._today:
            today.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._today = today
        return today / (call_id + _SUFFIX)

    def datagrams(self, call_id: str, begun: float, local: str) -> Iterator[Datagram]:
        """Give the packets of a leg, cut off after their headers; none where they were not kept.

        `begun`: when the leg did; `local`: `host:port` of ours. Raises OSError, TapUnreadable.
        """
        host, _, port = local.rpartition(":")
        ours = host, int(port)
        for path in self._paths(call_id, begun):
            with contextlib.suppress(FileNotFoundError), tap.TapFile(path) as records:
                offset = records.real_minus_monotonic
                for at, sent, peer, size, packet in records:
                    source, destination = (ours, peer) if sent else (peer, ours)
                    yield Datagram(at + offset, source, destination, packet, size)

    def remove(self, call_id: str, begun: float) -> None:
        """Remove the headers of a leg; blocks. Raises OSError."""
        for path in self._paths(call_id, begun):
            path.unlink(missing_ok=True)

    def forget(self, before: float) -> None:
        """Remove the days that ended before a time; blocks. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            for day in self._folder.iterdir():
                if _DAY.fullmatch(day.name) and day.name < _day(before).isoformat():
                    shutil.rmtree(day)

    def _paths(self, call_id: str, begun: float) -> Iterator[Path]:
        for day in (_day(begun), _day(begun) + timedelta(days=1)):  # it rang over midnight
            yield self._folder / day.isoformat() / (call_id + _SUFFIX)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()
