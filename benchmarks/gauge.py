"""What a benchmark measures with: CPU of processes, cores, percentiles, and the figures that come of it."""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
MEDIA_THREAD = "ringback-media"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    what: str
    """Unique among all figures: it is the key of its row in `docs/performance.md`."""
    value: float
    unit: str
    target: float | None = None
    """In the same unit; None where the design names none."""
    at_least: bool = False
    """Whether the target is a lower bound; else it is an upper one."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def measured(self) -> str:
        """The value for people, three significant digits at least."""
        return f"{_rounded(self.value)} {self.unit}"

    @property
    def wanted(self) -> str:
        """The target for people."""
        if self.target is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {_rounded(self.target)} {self.unit}"


def _rounded(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the value that `percent` of the values do not exceed. Raises ValueError where there is none."""
    if not values:
        message = "nothing was measured"
        raise ValueError(message)
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that all threads of a process took so far, user and system, in seconds (steps of a tick)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def thread_seconds(pid: int, thread: int) -> float:
    """Give the CPU time that a thread took so far, in seconds (nanoseconds of the scheduler)."""
    return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]) / 1e9


def media_thread(pid: int) -> int:
    """Give the thread of a process in which the core engine sends and receives; it names itself when it begins."""
    for _ in range(1000):
        for task in Path(f"/proc/{pid}/task").iterdir():
            if (task / "comm").read_text().strip() == MEDIA_THREAD:
                return int(task.name)
        time.sleep(0.001)
    message = f"process {pid} has no thread {MEDIA_THREAD}"
    raise RuntimeError(message)


def resident_bytes(pid: int) -> int:
    """Give the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def children(pid: int) -> dict[int, str]:
    """Give the child processes of a process with their command lines."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            with contextlib.suppress(OSError):  # it ended meanwhile
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Hold this thread, and the processes that it starts meanwhile, to a core; where there is one core, to that."""
    before = os.sched_getaffinity(0)
    pin(0, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, core: int) -> None:
    """Hold a process to a core; its threads too."""
    cores = {core % (os.cpu_count() or 1)}
    if pid == 0:
        os.sched_setaffinity(0, cores)
        return
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            os.sched_setaffinity(int(task.name), cores)
