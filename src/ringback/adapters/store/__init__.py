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
    TooManyKeys,
    UnknownAccount,
    UnknownSession,
    UnknownSubaccount,
)
from ringback.adapters.store.store import Database, compact_store, open_store

__all__ = [
    "AccountInUse",
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
    "TooManyKeys",
    "UnknownAccount",
    "UnknownSession",
    "UnknownSubaccount",
    "compact_store",
    "open_store",
]
