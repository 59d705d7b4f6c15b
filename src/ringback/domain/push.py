"""Where the recordings of a subaccount are pushed to (wire specification, section 3)."""

from enum import StrEnum
from typing import Final
from urllib.parse import quote

import msgspec

SFTP_PORT: Final = 22
HTTPS_PORT: Final = 443


class PushProtocol(StrEnum):
    """How files are sent."""

    S3 = "S3"
    SFTP = "SFTP"


DEFAULT_PORTS: Final = {PushProtocol.S3: HTTPS_PORT, PushProtocol.SFTP: SFTP_PORT}


class PushTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A place that files are sent to."""

    protocol: PushProtocol
    host: str
    """Of S3 a region or the URL of an endpoint, of SFTP a name or an address."""
    port: int
    """Of SFTP; S3 does not look at it."""
    username: str
    """Of S3 the id of the access key."""
    password: str
    """Of S3 the secret access key."""
    path: str = ""
    """`/bucket/prefix/` of S3; a folder of SFTP, from where the login leads to unless it begins with a slash."""
    region: str = ""
    """That an endpoint's requests are signed for; empty: `us-east-1`."""
    host_key: str = ""
    """What an SFTP host is known by: `ssh-ed25519 AAAA…` or `SHA256:…`; empty: whatever it shows at the first time."""

    @property
    def endpoint(self) -> str:
        """The URL of S3, without a slash at its end."""
        if "://" in self.host:
            return self.host.rstrip("/")
        return f"https://s3.{self.host}.amazonaws.com{'.cn' if self.host.startswith('cn-') else ''}"

    @property
    def bucket(self) -> str:
        """Of S3."""
        return self.path.strip("/").partition("/")[0]

    def knowing(self, before: "PushTarget | None") -> "PushTarget":
        """Give the target with the host key of one before it that leads to the same host, unless it has one itself."""
        if self.host_key or before is None:
            return self
        is_same = (self.protocol, self.host, self.port) == (before.protocol, before.host, before.port)
        return msgspec.structs.replace(self, host_key=before.host_key) if is_same else self

    def is_still(self, now: "PushTarget | None") -> bool:
        """Tell whether the target is unchanged, but for a host key that was learned since."""
        if now is None or self.host_key not in {"", now.host_key}:
            return False
        return msgspec.structs.replace(now, host_key=self.host_key) == self

    def key_of(self, name: str) -> str:
        """Give the key of a file in its bucket of S3."""
        prefix = self.path.strip("/").partition("/")[2]
        return f"{prefix}/{name}" if prefix else name

    def path_of(self, name: str) -> str:
        """Give the whole path of a file."""
        if not self.path.strip("/"):
            return self.path + name
        return f"{self.path.rstrip('/')}/{name}"

    def url_of(self, name: str) -> str:
        """Give the URL of a file; whoever opens it needs credentials of their own."""
        if self.protocol is PushProtocol.S3:
            return f"{self.endpoint}/{quote(f'{self.bucket}/{self.key_of(name)}')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == SFTP_PORT else f":{self.port}"
        path = self.path_of(name)
        # a path that is relative to where the login leads to, as curl writes it
        return f"sftp://{host}{port}{quote(path if path.startswith('/') else f'/~/{path}', safe='/~')}"
