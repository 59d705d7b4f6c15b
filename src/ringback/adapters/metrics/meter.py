"""What a server counts, and what it shows of this moment: `GET /metrics` in the text format of Prometheus.

No figure has a label that grows with tenants or numbers: they belong to the sessions and the exports.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Final, TypeVar

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from ringback.service.ports import TimelineEntry
from ringback.service.queries import BEGINNINGS, CALLFLOW_ASKED, MEDIA_CLOSED, PROMPT_PLAYED

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LAG_EVERY: Final = 0.5
"""Seconds between two looks at how late the event loop is."""
disable_created_metrics()  # type: ignore[no-untyped-call] # a series beside every counter that nobody asks for

M = TypeVar("M", Counter, Histogram)

_SHORT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of times that nobody should wait for, in seconds."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What is so at this moment."""

    sessions: int
    """Sessions that run."""
    legs: int
    channels: Mapping[str, tuple[int, int]]
    """Channels of each trunk: taken, and all that there are."""
    queued: Mapping[str, int]
    """Sessions that wait, by trunk; under "" those that none carries."""
    deliveries: Mapping[str, int]
    """Deliveries that are not done, by state."""
    sip: Mapping[str, int]
    """What the SIP core counted since the start, by what it was."""


class Meter:
    """Counts what happens; a server has one."""

    def __init__(self, now: Callable[[], Awaitable[Now]]) -> None:
        """`now`: asked once for each page."""
        self._now = now
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        Gauge("ringback_build_info", "The version.", ["version"], registry=registry).labels(version("ringback")).set(1)
        self._legs = Counter(
            "ringback_legs", "Legs that began.", ["direction", "trunk"], registry=registry
        )  # Prometheus adds _total
        self._connected = Counter("ringback_legs_connected", "Legs that were answered.", registry=registry)
        self._refused = Counter(
            "ringback_legs_refused", "Legs that ended without an answer.", ["sip_code"], registry=registry
        )
        self._ended = Counter(
            "ringback_sessions_ended", "Sessions that ended.", ["status", "error_code"], registry=registry
        )
        self._digits = Counter("ringback_digits", "Digits that callers pressed.", registry=registry)
        self._prompts = Counter(
            "ringback_prompts", "Prompts played, by where they came from.", ["origin"], registry=registry
        )
        self._prompt_wait = Histogram(
            "ringback_prompt_wait_seconds",
            "From a leg's need of a prompt until it was there.",
            buckets=_SHORT,
            registry=registry,
        )
        self._asked = Histogram(
            "ringback_vca_seconds",
            "How long VCA webhooks took, by HTTP status (none: no answer).",
            ["http_status"],
            buckets=_SHORT,
            registry=registry,
        )
        self._packets = Counter("ringback_rtp_packets", "RTP packets of legs that ended.", ["way"], registry=registry)
        self._lost = Counter(
            "ringback_rtp_packets_lost",
            "RTP packets that did not arrive: at us, or as far ends said.",
            ["way"],
            registry=registry,
        )
        self._posted = Histogram(
            "ringback_delivery_seconds",
            "Tries to post a delivery, by type and outcome.",
            ["type", "outcome"],
            buckets=_SHORT,
            registry=registry,
        )
        self._pushed = Counter(
            "ringback_pushes", "Tries to push a recording, by outcome.", ["protocol", "outcome"], registry=registry
        )
        self._judged = Counter(
            "ringback_callflows", "Callflows posted, by status code.", ["status_code"], registry=registry
        )
        self._requests = Histogram(
            "ringback_http_request_seconds",
            "Requests of the API.",
            ["method", "path", "status"],
            buckets=_SHORT,
            registry=registry,
        )
        self._lag = Histogram(
            "ringback_event_loop_lag_seconds", "How late the event loop woke up.", buckets=_SHORT, registry=registry
        )
        self._judgements: dict[tuple[object, ...], Counter] = {}
        self._answers: dict[tuple[object, ...], Histogram] = {}
        self._entries: Mapping[str, Callable[[TimelineEntry], None]] = {
            **dict.fromkeys(BEGINNINGS, self._began),
            "call-connected": lambda _entry: self._connected.inc(),
            "leg-refused": lambda entry: self._refused.labels(str(entry.details["sipCode"])).inc(),
            "leg-unreachable": lambda _entry: self._refused.labels("none").inc(),
            "dtmf-received": lambda _entry: self._digits.inc(),
            "session-ended": self._over,
            PROMPT_PLAYED: self._played,
            CALLFLOW_ASKED: self._question,
            MEDIA_CLOSED: self._media,
        }

    # -- what happens

    def tell(self, entry: TimelineEntry) -> None:
        """Count what happened in a session."""
        if (count := self._entries.get(entry.name)) is not None:
            count(entry)

    def judged(self, status_code: int) -> None:
        """Count a callflow that was posted."""
        _labelled(self._judged, self._judgements, status_code).inc()

    def posted(self, type_: str, outcome: str, seconds: float) -> None:
        """Count a try to post a delivery; `outcome`: `taken`, `refused` or `unreached`."""
        self._posted.labels(type_, outcome).observe(seconds)

    def pushed(self, protocol: str, outcome: str) -> None:
        """Count a try to push a recording; `outcome`: `arrived` or `failed`."""
        self._pushed.labels(protocol, outcome).inc()

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request; `path`: as it is routed, with names in place of ids."""
        _labelled(self._requests, self._answers, method, path, status).observe(seconds)

    async def watch(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self._lag.observe(max(0.0, loop.time() - due))

    async def page(self) -> bytes:
        """Give everything, as text."""
        registry = CollectorRegistry()
        registry.register(_Moment(await self._now()))
        return await asyncio.to_thread(lambda: generate_latest(self._registry) + generate_latest(registry))

    def _began(self, entry: TimelineEntry) -> None:
        self._legs.labels(str(BEGINNINGS[entry.name]).lower(), str(entry.details["trunk"])).inc()

    def _over(self, entry: TimelineEntry) -> None:
        self._ended.labels(str(entry.details["status"]), str(entry.details.get("errorCode", ""))).inc()

    def _played(self, entry: TimelineEntry) -> None:
        self._prompts.labels(str(entry.details["origin"])).inc()
        self._prompt_wait.observe(entry.details["waitSeconds"])

    def _question(self, entry: TimelineEntry) -> None:
        if "seconds" in entry.details:  # without a webhook nobody was asked
            self._asked.labels(str(entry.details.get("httpStatus", "none"))).observe(entry.details["seconds"])

    def _media(self, entry: TimelineEntry) -> None:
        for way in ("sent", "received"):
            stream = entry.details["media"][way]
            self._packets.labels(way).inc(stream["packets"])
            self._lost.labels(way).inc(max(0, stream["lost"]))


def _labelled(family: M, known: dict[tuple[object, ...], M], *values: object) -> M:
    """Give what counts under these labels; looking it up costs the library more than counting."""
    child = known.get(values)
    if child is None:
        child = known[values] = family.labels(*map(str, values))
    return child


class _Moment:
    """Shows the figures of one moment."""

    def __init__(self, now: Now) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Give a family for each figure."""
        now = self._now
        yield GaugeMetricFamily("ringback_sessions_live", "Sessions that run.", value=now.sessions)
        yield GaugeMetricFamily("ringback_legs_live", "Legs that are there.", value=now.legs)
        used = GaugeMetricFamily("ringback_trunk_channels_used", "Channels taken.", labels=["trunk"])
        there = GaugeMetricFamily("ringback_trunk_channels", "Channels that a trunk has.", labels=["trunk"])
        for trunk, (taken, channels) in now.channels.items():
            used.add_metric([trunk], taken)
            there.add_metric([trunk], channels)
        queued = GaugeMetricFamily("ringback_sessions_queued", "Sessions that wait.", labels=["trunk"])
        for trunk, count in now.queued.items():
            queued.add_metric([trunk], count)
        waiting = GaugeMetricFamily("ringback_deliveries_waiting", "Deliveries not done.", labels=["state"])
        for state, count in now.deliveries.items():
            waiting.add_metric([state], count)
        sip = CounterMetricFamily("ringback_sip_messages", "What the SIP core saw.", labels=["what"])
        for what, count in now.sip.items():
            sip.add_metric([what], count)
        yield from (used, there, queued, waiting, sip)
