"""The client that awaits. `ringback.client.blocking` is made of this folder: `python -m ringback.app.faces`."""

from ringback.client.awaiting.client import AsyncClient

__all__ = ["AsyncClient"]
