"""Figures of a running server, as Prometheus reads them."""

from ringback.adapters.metrics.meter import CONTENT_TYPE, Meter, Now

__all__ = ["CONTENT_TYPE", "Meter", "Now"]
