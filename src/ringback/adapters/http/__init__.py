"""The API over HTTP."""

from typing import Final

from ringback.adapters.http import admin
from ringback.adapters.http.admin import admin_routes
from ringback.adapters.http.admin import rooms as admin_rooms
from ringback.adapters.http.api import Api
from ringback.adapters.http.callflows import CallflowEndpoints
from ringback.adapters.http.docstrings import attribute_docs
from ringback.adapters.http.door import Door, Endpoints
from ringback.adapters.http.events import EventEndpoints
from ringback.adapters.http.exports import ExportEndpoints
from ringback.adapters.http.metrics import METRICS, metrics_route
from ringback.adapters.http.numbers import NumberEndpoints
from ringback.adapters.http.openapi import OpenApi, document
from ringback.adapters.http.operation import Operation
from ringback.adapters.http.opt_outs import OptOutEndpoints
from ringback.adapters.http.recording_push import RecordingPushEndpoints
from ringback.adapters.http.recordings import RecordingEndpoints, RecordingFiles
from ringback.adapters.http.scenarios import ScenarioEndpoints
from ringback.adapters.http.sessions import DeliveryEndpoints, SessionEndpoints
from ringback.adapters.http.webhooks import WebhookEndpoints

OPERATIONS: Final[tuple[Operation, ...]] = (
    *CallflowEndpoints.operations,
    *ScenarioEndpoints.operations,
    *SessionEndpoints.operations,
    *EventEndpoints.operations,
    *WebhookEndpoints.operations,
    *DeliveryEndpoints.operations,
    *NumberEndpoints.operations,
    *OptOutEndpoints.operations,
    *RecordingEndpoints.operations,
    *RecordingFiles.operations,
    *RecordingPushEndpoints.operations,
    *ExportEndpoints.operations,
    *Api.operations,
    METRICS,
    *OpenApi.operations,
    *admin.OPERATIONS,
)
"""Everything that the API does, in the order of the reference."""

__all__ = [
    "OPERATIONS",
    "Api",
    "CallflowEndpoints",
    "DeliveryEndpoints",
    "Door",
    "Endpoints",
    "EventEndpoints",
    "ExportEndpoints",
    "NumberEndpoints",
    "OpenApi",
    "OptOutEndpoints",
    "RecordingEndpoints",
    "RecordingFiles",
    "RecordingPushEndpoints",
    "ScenarioEndpoints",
    "SessionEndpoints",
    "WebhookEndpoints",
    "admin_rooms",
    "admin_routes",
    "attribute_docs",
    "document",
    "metrics_route",
]
