"""`/metrics`: the figures of the server, for Prometheus."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def metrics_route(page: Callable[[], Awaitable[bytes]], content_type: str) -> Route:
    """Make the route, at the root; `page`: gives the figures as text."""

    async def metrics(_request: Request) -> Response:
        return Response(await page(), media_type=content_type)

    return Route("/metrics", metrics)
