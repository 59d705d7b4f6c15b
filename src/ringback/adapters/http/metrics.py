"""`/metrics`: the figures of the server, for Prometheus."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringback.adapters.http.operation import Answer, Entrance, Operation

PATH: Final = "/metrics"
METRICS: Final = Operation(
    method="GET",
    path=PATH,
    id="metrics",
    tag="Server",
    summary="Read the figures of the server, for Prometheus",
    answers=(Answer(200, "In the text format of Prometheus.", str, media="text/plain"),),
    entrance=Entrance.ROOT,
)


def metrics_route(page: Callable[[], Awaitable[bytes]], content_type: str) -> Route:
    """Make the route, at the root; `page`: gives the figures as text."""

    async def metrics(_request: Request) -> Response:
        return Response(await page(), media_type=content_type)

    return Route(PATH, metrics)
