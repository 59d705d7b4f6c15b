"""The API over HTTP."""

from ringback.adapters.http.api import Api
from ringback.adapters.http.callflows import CallflowEndpoints
from ringback.adapters.http.door import Door, Endpoints
from ringback.adapters.http.events import EventEndpoints
from ringback.adapters.http.exports import ExportEndpoints
from ringback.adapters.http.metrics import metrics_route
from ringback.adapters.http.numbers import NumberEndpoints
from ringback.adapters.http.recordings import RecordingEndpoints, RecordingFiles
from ringback.adapters.http.sessions import DeliveryEndpoints, SessionEndpoints
from ringback.adapters.http.webhooks import WebhookEndpoints

__all__ = [
    "Api",
    "CallflowEndpoints",
    "DeliveryEndpoints",
    "Door",
    "Endpoints",
    "EventEndpoints",
    "ExportEndpoints",
    "NumberEndpoints",
    "RecordingEndpoints",
    "RecordingFiles",
    "SessionEndpoints",
    "WebhookEndpoints",
    "metrics_route",
]
