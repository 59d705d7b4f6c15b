"""ringback: a self-hosted voice server for the Callflows API."""

from importlib.metadata import version

__version__ = version("ringback")
