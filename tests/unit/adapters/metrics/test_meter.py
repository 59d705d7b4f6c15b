"""What a server counts, read back as Prometheus reads it."""

import asyncio
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from ringback.adapters.metrics import Meter, Now
from ringback.service.ports import TimelineEntry

NOW = Now(
    sessions=3,
    legs=4,
    channels={"carrier": (4, 100)},
    queued={"carrier": 7, "": 1},
    deliveries={"WAITING": 2, "DEAD": 5},
    sip={"received": 90, "malformed": 1},
)


async def figures(meter: Meter) -> Mapping[tuple[str, ...], float]:
    """Give the samples of a page by name and label values."""
    families = text_string_to_metric_families((await meter.page()).decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def meter() -> Meter:
    """Give one whose moment is always the same."""

    async def now() -> Now:
        return NOW

    return Meter(now)


async def test_this_moment_is_shown_by_trunk_and_state() -> None:
    shown = await figures(meter())
    assert shown["ringback_sessions_live",] == 3
    assert shown["ringback_legs_live",] == 4
    assert (shown["ringback_trunk_channels_used", "carrier"], shown["ringback_trunk_channels", "carrier"]) == (4, 100)
    assert (shown["ringback_sessions_queued", "carrier"], shown["ringback_sessions_queued", ""]) == (7, 1)
    assert (shown["ringback_deliveries_waiting", "WAITING"], shown["ringback_deliveries_waiting", "DEAD"]) == (2, 5)
    assert shown["ringback_sip_messages_total", "malformed"] == 1
    assert shown["process_open_fds",] > 0
    assert [name for name, *_ in shown if name.endswith("_created")] == []


async def test_what_happens_in_sessions_is_counted() -> None:
    counted = meter()
    stream = {"packets": 50, "lost": 2}
    for name, details in (
        ("leg-dialled", {"trunk": "carrier"}),
        ("leg-received", {"trunk": "other"}),
        ("call-connected", {}),
        ("leg-refused", {"sipCode": 486}),
        ("leg-unreachable", {}),
        ("dtmf-received", {"digit": "1"}),
        ("prompt-played", {"origin": "cache", "waitSeconds": 0.02}),
        ("callflow-asked", {"httpStatus": 200, "seconds": 0.2}),
        ("callflow-asked", {"answer": "timeout", "seconds": 10.0}),
        ("callflow-asked", {"answer": "no webhook"}),
        ("media-closed", {"media": {"sent": stream | {"lost": -1}, "received": stream}}),
        ("session-ended", {"status": "COMPLETED"}),
        ("session-ended", {"status": "ERROR", "errorCode": -2002}),
        ("something-new", {}),
    ):
        counted.tell(TimelineEntry(1.0, name, details))
    shown = await figures(counted)
    assert shown["ringback_legs_total", "outbound", "carrier"] == shown["ringback_legs_total", "inbound", "other"] == 1
    assert shown["ringback_legs_connected_total",] == 1
    assert shown["ringback_legs_refused_total", "486"] == shown["ringback_legs_refused_total", "none"] == 1
    assert shown["ringback_digits_total",] == 1
    assert shown["ringback_prompts_total", "cache"] == 1
    assert (shown["ringback_prompt_wait_seconds_bucket", "0.01"], shown["ringback_prompt_wait_seconds_count",]) == (
        0,
        1,
    )
    assert shown["ringback_vca_seconds_count", "200"] == shown["ringback_vca_seconds_count", "none"] == 1
    assert shown["ringback_rtp_packets_total", "sent"] == 50
    assert (shown["ringback_rtp_packets_lost_total", "sent"], shown["ringback_rtp_packets_lost_total", "received"]) == (
        0,
        2,
    )
    assert shown["ringback_sessions_ended_total", "", "COMPLETED"] == 1
    assert shown["ringback_sessions_ended_total", "-2002", "ERROR"] == 1


async def test_requests_verdicts_deliveries_and_pushes_are_counted() -> None:
    counted = meter()
    counted.judged(-1014)
    counted.posted("VSS", "taken", 0.02)
    counted.pushed("SFTP", "failed")
    counted.answered("POST", "/callflows", 422, 0.003)
    shown = await figures(counted)
    assert shown["ringback_callflows_total", "-1014"] == 1
    assert shown["ringback_delivery_seconds_count", "taken", "VSS"] == 1
    assert shown["ringback_pushes_total", "failed", "SFTP"] == 1
    assert shown["ringback_http_request_seconds_count", "POST", "/callflows", "422"] == 1


async def test_a_late_event_loop_is_told() -> None:
    counted = meter()
    watching = asyncio.create_task(counted.watch())
    async with asyncio.timeout(10):
        while (await figures(counted))["ringback_event_loop_lag_seconds_count",] < 1:  # noqa: ASYNC110 - as Prometheus does
            await asyncio.sleep(0.05)
    watching.cancel()
