"""The durable store on SQLAlchemy Core."""

from ringback.adapters.store.errors import (
    AccountInUse,
    BadAccountId,
    BadSubaccountId,
    InventoryFull,
    NumberTaken,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreFailed,
    StoreUnavailable,
    UnknownAccount,
    UnknownSession,
    UnknownSubaccount,
)
from ringback.adapters.store.keys import ApiKey, hash_key
from ringback.adapters.store.store import Database, open_store

__all__ = [
    "AccountInUse",
    "ApiKey",
    "BadAccountId",
    "BadSubaccountId",
    "Database",
    "InventoryFull",
    "NumberTaken",
    "StoreBusy",
    "StoreClosed",
    "StoreError",
    "StoreFailed",
    "StoreUnavailable",
    "UnknownAccount",
    "UnknownSession",
    "UnknownSubaccount",
    "hash_key",
    "open_store",
]
