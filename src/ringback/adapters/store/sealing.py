"""Passwords as they are stored: encrypted, under a key that is not in the database."""

import base64
import contextlib
import hashlib
import hmac
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringback.adapters.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PREFIX: Final = "sealed:"
"""Begins what is encrypted; what an older ringback stored begins otherwise and is read as it is."""
KEPT: Final = 10_000
"""Opened texts that are remembered: a webhook's secret is needed for every post."""


class Seal:
    """Encrypts short texts (Fernet: AES-128-CBC with HMAC-SHA256), and opens them again."""

    def __init__(self, database: Path, key: str = "") -> None:
        """`key`: any text; empty: that of the file beside the database, which is made when it is first needed."""
        self._file = Path(f"{database}-key")
        self._key = key
        self._fernet: Fernet | None = None
        self.open = lru_cache(maxsize=KEPT)(self._open)

    def close(self, text: str) -> str:
        """Encrypt. Raises StoreUnavailable where the key file cannot be made or read."""
        return PREFIX + self._cipher(make=True).encrypt(text.encode()).decode("ascii")

    def _open(self, stored: str) -> str:
        """Decrypt. Raises StoreUnavailable for what another key closed, or where the key file cannot be read."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - slow to import: only who needs it pays

        if not stored.startswith(PREFIX):
            return stored
        try:
            return self._cipher(make=False).decrypt(stored.removeprefix(PREFIX)).decode()
        except InvalidToken:
            place = "[secrets] key" if self._key else str(self._file)
            message = f"{place} is not the key that the stored passwords were encrypted with"
            raise StoreUnavailable(message) from None

    def _cipher(self, *, make: bool) -> "Fernet":
        from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

        if self._fernet is None:
            secret = self._secret(make=make)
            self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))
        return self._fernet

    def derive(self, purpose: str) -> bytes:
        """Give 32 bytes for another use of the secret. Raises StoreUnavailable, as `close` does."""
        return hmac.digest(self._secret(make=True).encode(), purpose.encode(), "sha256")

    def _secret(self, *, make: bool) -> str:
        return self._key or _read(self._file, make=make)


def _read(file: Path, *, make: bool) -> str:
    """Give the content of the key file. Raises StoreUnavailable."""
    try:
        # written beside and linked into place: whoever reads it finds it whole, and of two who make it one wins
        if make and not file.exists():
            draft = Path(f"{file}.{os.getpid()}")
            descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as written:
                written.write(base64.urlsafe_b64encode(os.urandom(32)).decode())  # noqa: TID251 - a key, not the core
                written.flush()
                os.fsync(written.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text().strip()
    except OSError as fault:
        message = f"{file}, which encrypts stored passwords, cannot be used: {fault.strerror}"
        raise StoreUnavailable(message) from fault


def opened_secrets(seal: Seal, stored: str | None) -> tuple[str, ...]:
    """Give the secrets of a webhook, the newest first."""
    return () if stored is None else tuple(seal.open(stored).split(" "))
