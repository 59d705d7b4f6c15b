"""Open files: a leg takes two sockets in the media engine, requests and webhooks one each."""

from collections.abc import Callable
from typing import Final

from ringback.app.config import Config
from ringback.app.doctor.finding import Finding, error, ok, warning
from ringback.app.serving import DESCRIPTORS

CHECK: Final = "limits"
_PER_CALL: Final = 2
_SPARE: Final = 256
"""Open files for everything else."""
_FIX: Final = "raise it: LimitNOFILE= of the service, ulimit -Hn, or /etc/security/limits.conf"


def look(config: Config, descriptors: Callable[[int | None], int], server: int | None) -> Finding:
    """Compare the hard limit, which the server takes at its start, with the channels of the trunks.

    `server`: its process; None where none runs: then it is the limit of whoever asks.
    """
    limit = descriptors(server)
    whose = f"the server, process {server}," if server is not None else "a server started from here"
    channels = sum(trunk.channels for trunk in config.trunk)
    wanted = _PER_CALL * channels + _SPARE
    if limit < 0:
        return ok(CHECK, f"{whose} may open any number of files")
    if limit < wanted:
        calls = max(0, limit - _SPARE) // _PER_CALL
        cause = f"{whose} may open {limit} files: enough for {calls} calls, the trunks allow {channels}"
        return error(CHECK, "too few open files are allowed", cause, _FIX)
    if limit < DESCRIPTORS:
        cause = f"{whose} may open {limit} files; many requests at a time want {DESCRIPTORS}"
        return warning(CHECK, "few open files are allowed", cause, _FIX)
    return ok(CHECK, f"{whose} may open {limit} files")
