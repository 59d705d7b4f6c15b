"""Where recordings are pushed to, as it is shown (wire specification, section 3)."""

from typing import Final, Literal

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
DELETED: Final = DeletedPushConfig(
    **{name: getattr(SFTP, name) for name in SFTP.__struct_fields__},
    delete=True,
)
