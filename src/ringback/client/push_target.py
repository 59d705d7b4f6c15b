"""Where recordings may be pushed to."""

import msgspec


class PushTarget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where recordings are to be pushed to."""

    protocol: str
    """S3 or SFTP."""
    host: str
    """Of S3 a region or the URL of an endpoint, of SFTP a name or an address."""
    username: str
    """Of S3 the id of the access key."""
    password: str
    """Of S3 the secret access key; the server never gives it back."""
    port: int | None = None
    """Of SFTP; None: 22."""
    path: str | None = None
    """`/bucket/prefix/` of S3, a folder of SFTP."""
    region: str | None = None
    """Of S3 with the URL of an endpoint: that requests are signed for."""
    host_key: str | None = None
    """Of SFTP: what the host is known by, `ssh-ed25519 AAAA…` or `SHA256:…`; None: what it shows first."""

    def __repr__(self) -> str:
        """Leave the password out: this may come into a log."""
        return f"PushTarget(protocol={self.protocol!r}, host={self.host!r}, path={self.path!r})"
