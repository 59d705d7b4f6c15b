# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/__init__.py; do not edit.
"""The client that blocks."""

from ringback.client.blocking.client import Client

__all__ = ["Client"]
