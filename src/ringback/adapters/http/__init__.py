"""The API over HTTP."""

from ringback.adapters.http.api import Api

__all__ = ["Api"]
