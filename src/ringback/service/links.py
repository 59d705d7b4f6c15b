"""Links to recordings: whoever has one may fetch the file without a key, until it expires."""

import hmac
import re
from typing import Final
from urllib.parse import quote

from ringback.service.ports import Clock

PREFIX: Final = "/recordings/"
"""Of the path of every link, at the root of the server."""
_EXPIRES: Final = re.compile(r"[0-9]{1,12}")


class LinkRefused(Exception):
    """A link was not made here, was changed, or is too old; the text says which."""


class Links:
    """Makes links and checks them: HMAC-SHA256 over path and expiry."""

    def __init__(self, base: str, key: bytes, clock: Clock, seconds: float) -> None:
        """Begin links with the URL `base`, sign with a secret of 32 bytes; one is good for so many seconds."""
        self._base = base.rstrip("/")
        self._key = key
        self._clock = clock
        self._seconds = seconds

    def make(self, path: str) -> str:
        """Give an URL of a file; `path`: below the folder of recordings."""
        expires = str(int(self._clock.now() + self._seconds))
        return f"{self._base}{PREFIX}{quote(path)}?expires={expires}&signature={self._sign(path, expires)}"

    def check(self, path: str, expires: str, signature: str) -> None:
        """Let a request for a file pass. Raises LinkRefused."""
        made = self._sign(path, expires)
        if not hmac.compare_digest(made.encode(), signature.encode(errors="replace")) or not _EXPIRES.fullmatch(
            expires
        ):
            message = "Link invalid"
            raise LinkRefused(message)
        if self._clock.now() >= int(expires):
            message = "Link expired"
            raise LinkRefused(message)

    def _sign(self, path: str, expires: str) -> str:
        signed = f"{expires}\n{path}".encode(errors="replace")
        return hmac.digest(self._key, signed, "sha256").hex()
