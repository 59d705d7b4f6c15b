"""A site on this machine: sounds, and every way in which a web server can be a nuisance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler
from tests.unit.adapters.audio.sounds import MP3, sine, wav

SOUND = wav(sine(440, 0.5, 8000), 8000)
HIGH_HZ = 5000
"""A pitch that no telephone of 8 kHz carries."""
HIGH = wav(sine(HIGH_HZ, 2.0, 16_000), 16_000)


class Site:
    """What arrived at a server."""

    def __init__(self, host: str) -> None:
        """`host`: a loopback address."""
        self.host = host
        self.port = 0
        self.seen: list[str] = []
        """Paths, in order."""
        self.posted: list[tuple[dict[str, str], bytes]] = []
        """Headers and bodies."""

    def url(self, path: str, host: str | None = None) -> str:
        return f"http://{host or self.host}:{self.port}{path}"


_SITE = web.AppKey("site", Site)
_routes = web.RouteTableDef()


@asynccontextmanager
async def served(host: str) -> AsyncIterator[Site]:
    site = Site(host)
    app = web.Application(middlewares=[_noted])
    app[_SITE] = site
    app.add_routes(_routes)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0).start()
        site.port = runner.addresses[0][1]
        yield site
    finally:
        await runner.cleanup()


@web.middleware
async def _noted(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[_SITE].seen.append(request.path)
    if request.method == "POST":
        request.app[_SITE].posted.append((dict(request.headers), await request.read()))
    return await handler(request)


@_routes.get("/hello.wav")
async def _wav(_request: web.Request) -> web.Response:
    return web.Response(body=SOUND)


@_routes.get("/high.wav")
async def _high(_request: web.Request) -> web.Response:
    return web.Response(body=HIGH, content_type="audio/wav")


@_routes.get("/hello.mp3")
async def _mp3(_request: web.Request) -> web.Response:
    return web.Response(body=MP3)


@_routes.get("/page")
async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="<html>moved</html>", content_type="text/html")


@_routes.get("/zipped")
async def _zipped(_request: web.Request) -> web.Response:
    return web.Response(body=SOUND, headers={"Content-Encoding": "gzip"})


@_routes.route("*", "/status/{code}")
async def _status(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["code"]), text="{}")


@_routes.route("*", "/large/{size}")
async def _large(request: web.Request) -> web.Response:
    return web.Response(body=bytes(int(request.match_info["size"])))


@_routes.route("*", "/stream/{size}")
async def _stream(request: web.Request) -> web.StreamResponse:
    """Send without saying how much."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(0, int(request.match_info["size"]), 65536):
        await response.write(bytes(65536))
    return response


@_routes.route("*", "/drip")
async def _drip(request: web.Request) -> web.StreamResponse:
    """Send a byte now and then, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b".")
        await asyncio.sleep(0.02)


@_routes.route("*", "/hang-up")
async def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@_routes.route("*", "/cookie")
async def _cookie(request: web.Request) -> web.Response:
    return web.Response(text=request.headers.get("Cookie", "none"), headers={"Set-Cookie": "a=b; Path=/"})


@_routes.get("/hops/{count}")
async def _hops(request: web.Request) -> web.Response:
    left = int(request.match_info["count"]) - 1
    return _moved(f"/hops/{left}" if left else "/hello.wav")


@_routes.route("*", "/loop")
async def _loop(_request: web.Request) -> web.Response:
    return _moved("/loop")


@_routes.route("*", "/nowhere")
async def _nowhere(_request: web.Request) -> web.Response:
    return web.Response(status=302)


@_routes.get("/to")
async def _to(request: web.Request) -> web.Response:
    return _moved(request.query["where"])


def _moved(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location})
