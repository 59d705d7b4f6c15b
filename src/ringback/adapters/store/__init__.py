"""The durable store on SQLAlchemy Core."""

from ringback.adapters.store.errors import (
    BadSubaccountId,
    ImportRefused,
    InventoryFull,
    NumberTaken,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreFailed,
    StoreUnavailable,
    UnknownSession,
    UnknownSubaccount,
)
from ringback.adapters.store.keys import ApiKey, hash_key
from ringback.adapters.store.store import Database, open_store

__all__ = [
    "ApiKey",
    "BadSubaccountId",
    "Database",
    "ImportRefused",
    "InventoryFull",
    "NumberTaken",
    "StoreBusy",
    "StoreClosed",
    "StoreError",
    "StoreFailed",
    "StoreUnavailable",
    "UnknownSession",
    "UnknownSubaccount",
    "hash_key",
    "open_store",
]
