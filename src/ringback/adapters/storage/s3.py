"""S3: files in a bucket, of AWS or of whatever speaks its protocol.

A file of more than PART bytes goes in parts (multipart upload) and is there when the last one is. Parts of an upload
that was cut short stay until the bucket's own rule removes them: we cannot know whether somebody else still sends.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ringback.adapters.storage.dial import dial, printable, reason_of
from ringback.adapters.storage.gateway import Gateway
from ringback.adapters.storage.side_loop import SideLoop
from ringback.domain.push import HTTPS_PORT, PushTarget
from ringback.service.storage import UploadFailed

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Credential, S3Store

PART: Final = 8 * 1024 * 1024
"""Bytes: S3 takes 10,000 parts, so 80 GB."""
PARTS: Final = 2
"""Under way at a time."""
PART_SECONDS: Final = timedelta(minutes=5)
"""For one request."""
CONNECT_SECONDS: Final = timedelta(seconds=15)
RETRIES: Final = 3
"""Of one request that failed on the way or with a 5xx, beside the tries of the whole upload."""
RETRY_SECONDS: Final = timedelta(minutes=2)
DEFAULT_REGION: Final = "us-east-1"
HTTP_PORT: Final = 80
TYPES: Final = {".mp3": "audio/mpeg", ".wav": "audio/wav"}

_ANSWER: Final = re.compile(r"non-2xx status code: (?P<status>[^:]*)")
_CODE: Final = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE: Final = re.compile(r"<Message>([^<]*)</Message>")


class S3Storage:
    """Sends files with an access key; never with what the server's own environment holds."""

    def __init__(self, *, allow_private_addresses: bool) -> None:
        """`allow_private_addresses`: as for webhooks."""
        self._allow_private_addresses = allow_private_addresses
        self._side = SideLoop()
        self._gateway = Gateway()

    async def introduce(self, _target: PushTarget) -> str:
        """Give nothing: a host is known by its certificate."""
        return ""

    async def upload(self, target: PushTarget, file: Path, name: str) -> None:
        """Send a file; see `ringback.service.storage.Storage`. Raises UploadFailed."""
        await self._side.run(self._upload(target, file, name))

    async def close(self) -> None:
        """End what still runs."""
        if self._side.runs:
            await self._side.run(self._gateway.close())
        await self._side.close()

    async def _upload(self, target: PushTarget, file: Path, name: str) -> None:
        import obstore  # noqa: PLC0415 - slow to import, and in this thread it holds up nobody
        from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

        try:
            await self._try_host(target)
            store = await self._store(target)
            await obstore.put_async(
                store,
                target.key_of(name),
                file,
                attributes={"Content-Type": TYPES.get(file.suffix, "application/octet-stream")},
                chunk_size=PART,
                max_concurrency=PARTS,
            )
        except (BaseError, OSError, ValueError) as fault:
            raise UploadFailed(_reason(fault)) from None  # what it was caused by may show the request

    async def _try_host(self, target: PushTarget) -> None:
        """Raise OSError, whose text tells more than that of an upload, where the host cannot be reached."""
        parts = urlsplit(target.endpoint)
        port = parts.port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT)
        reached = await dial(parts.hostname or "", port, allow_private_addresses=self._allow_private_addresses)
        reached.close()

    async def _store(self, target: PushTarget) -> "S3Store":
        from obstore.store import S3Store  # noqa: PLC0415 - as above

        options: ClientConfig = {
            "allow_http": self._allow_private_addresses,
            "connect_timeout": CONNECT_SECONDS,
            "timeout": PART_SECONDS,
        }
        if not self._allow_private_addresses:
            # it resolves names and follows redirects by itself: only what is behind it can look at addresses
            options["proxy_url"] = await self._gateway.url()

        def credentials() -> "S3Credential":
            return {
                "access_key_id": target.username,
                "secret_access_key": target.password,
                "token": None,
                "expires_at": None,
            }

        return S3Store(
            target.bucket,
            endpoint=target.endpoint,
            region=target.region or (DEFAULT_REGION if "://" in target.host else target.host),
            virtual_hosted_style_request=False,
            skip_signature=False,
            credential_provider=credentials,
            client_options=options,
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_SECONDS},
        )


def _reason(fault: Exception) -> str:
    """Say in a few words why a file did not arrive."""
    text = str(fault)
    answer = _ANSWER.search(text)
    if answer is not None:
        details = [found[1] for found in (_CODE.search(text), _MESSAGE.search(text)) if found is not None]
        return printable(": ".join([answer["status"].strip(), *details]))
    if isinstance(fault, OSError) and not isinstance(fault, FileNotFoundError):
        return reason_of(fault)
    return printable(text.partition("\n")[0])
