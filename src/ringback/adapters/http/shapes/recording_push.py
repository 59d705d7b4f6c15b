"""Where recordings are pushed to, as it is shown (wire specification, section 3)."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ringback.adapters.http.shapes.success import Success
from ringback.domain.push import PushProtocol


class PushConfig(Success, frozen=True, kw_only=True):
    """Where recordings are pushed to: never with the password."""

    sub_account_id: str
    protocol: PushProtocol
    host: str
    port: int
    username: str
    password_set: bool
    path: str
    region: str | UnsetType = UNSET
    """Of S3 with the URL of an endpoint: that requests are signed for."""
    host_key: str | UnsetType = UNSET
    """Of SFTP: what the host is known by, given or learned at the first upload."""


class DeletedPushConfig(PushConfig, frozen=True, kw_only=True):
    """Where recordings were pushed to."""

    delete: Literal[True]


class WatchedPushConfig(PushConfig, frozen=True, kw_only=True):
    """Where recordings are pushed to, and what waits to be."""

    waiting: int
    """Recordings that wait to be pushed."""
    last_failure: str | UnsetType = UNSET
    """Why the latest try that failed did, of those that wait."""


class RetriedPushes(Success, frozen=True, kw_only=True):
    """They are pushed again."""

    recordings: int
    """How many there are."""


_HOST_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILjkMd0R2vNQpcThEw/AgCZm3baEU/TV+p0lmUduQ96"
S3_REQUEST: Final = {
    "protocol": "S3",
    "host": "ap-southeast-2",
    "username": "AKIAIOSFODNN7EXAMPLE",
    "password": "5ecret",
    "path": "/bucket/prefix/",
}
"""For examples."""
SFTP_REQUEST: Final = {
    "protocol": "SFTP",
    "host": "files.acme.example",
    "port": 22,
    "username": "ringback",
    "password": "5ecret",
    "path": "/recordings/",
    "hostKey": _HOST_KEY,
}
SFTP: Final = PushConfig(
    status_code=0,
    status_message="ok",
    sub_account_id="acme",
    protocol=PushProtocol.SFTP,
    host="files.acme.example",
    port=22,
    username="ringback",
    password_set=True,
    path="/recordings/",
    host_key=_HOST_KEY,
)
DELETED: Final = DeletedPushConfig(**msgspec.structs.asdict(SFTP), delete=True)
RETRIED: Final = RetriedPushes(status_code=0, status_message="ok", recordings=3)
WATCHED: Final = WatchedPushConfig(**msgspec.structs.asdict(SFTP), waiting=2, last_failure="the login was refused")
