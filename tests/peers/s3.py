"""An S3 server, moto's, in threads of its own, on the loopback address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import urllib3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import ThreadedMotoServer
from tests.peers.program import HOST

BUCKET = "recordings"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260115/us-east-1/s3/aws4_request,"
    " SignedHeaders=host, Signature=0"
}
"""moto wants a signature and does not look at it."""


class Asked(msgspec.Struct, frozen=True):
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    """By name: lower case, with underscores."""


class S3Site:
    """A bucket, and what was asked of it."""

    def __init__(self) -> None:
        """Listen on a free port."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
        self._server.start()
        self.port: int = self._server.get_host_and_port()[1]
        self._http = urllib3.PoolManager(retries=False)
        self.make(BUCKET)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def make(self, bucket: str) -> None:
        """Make a bucket."""
        assert self._http.request("PUT", f"{self.url}/{bucket}").status == 200

    def get(self, path: str) -> tuple[bytes, str]:
        """Give an object and its type; `path`: `BUCKET/KEY`."""
        answer = self._http.request("GET", f"{self.url}/{path}", headers=SIGNED)
        assert answer.status == 200, answer.data
        return answer.data, answer.headers["Content-Type"]

    def parts(self, path: str) -> int:
        """Count the parts that an object came in; 1: in one piece."""
        answer = self._http.request("HEAD", f"{self.url}/{path}", headers=SIGNED)
        tag = answer.headers["ETag"].strip('"')
        return int(tag.partition("-")[2] or 1)

    @contextmanager
    def with_keys(self) -> Iterator[None]:
        """Let nobody in meanwhile: there are no keys."""
        self._http.request("POST", f"{self.url}/moto-api/reset-auth", body=b"0")
        try:
            yield
        finally:
            self._http.request("POST", f"{self.url}/moto-api/reset-auth", body=b"inf")

    @contextmanager
    def requests(self) -> Iterator[list[Asked]]:
        """Note what is asked meanwhile."""
        asked: list[Asked] = []
        real = DomainDispatcherApplication.__call__

        def noted(self: DomainDispatcherApplication, environ: dict[str, Any], start: object) -> object:
            headers = {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
            asked.append(Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers))
            return real(self, environ, start)

        with patch.object(DomainDispatcherApplication, "__call__", noted):
            yield asked

    def end(self) -> None:
        """Close."""
        self._http.request("POST", f"{self.url}/moto-api/reset")
        self._http.clear()
        self._server.stop()


@contextmanager
def s3_site() -> Iterator[S3Site]:
    """Give a server that listens, with an empty bucket."""
    site = S3Site()
    try:
        yield site
    finally:
        site.end()
