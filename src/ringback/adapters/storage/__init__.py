"""The places that recordings are pushed to: implements `ringback.service.storage.Storage`."""

from collections.abc import Mapping

from ringback.adapters.storage.s3 import S3Storage
from ringback.adapters.storage.sftp import SftpStorage
from ringback.domain.push import PushProtocol

__all__ = ["S3Storage", "SftpStorage", "open_storages"]


def open_storages(*, allow_private_addresses: bool) -> Mapping[PushProtocol, S3Storage | SftpStorage]:
    """Give what sends files, by protocol; `close` each."""
    return {
        PushProtocol.S3: S3Storage(allow_private_addresses=allow_private_addresses),
        PushProtocol.SFTP: SftpStorage(allow_private_addresses=allow_private_addresses),
    }
