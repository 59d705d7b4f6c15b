"""The figures of a server that calls."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier
from tests.peers.house import HANGUP, dial, house, say, trunk_to


async def test_a_real_call_shows_in_the_figures(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await there.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
        await there.ask("POST", "callflows", {"callflow": []})
        async with there.http.get(f"{there.url}/metrics") as answer:
            assert (answer.status, answer.content_type) == (200, "text/plain")
            page = await answer.text()
    shown = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert shown["ringback_callflows_total", "1"] == shown["ringback_callflows_total", "-1009"] == 1
    assert shown["ringback_legs_total", "outbound", "carrier"] == shown["ringback_legs_connected_total",] == 1
    assert shown["ringback_sessions_ended_total", "", "COMPLETED"] == 1
    assert shown["ringback_sessions_live",] == shown["ringback_trunk_channels_used", "carrier"] == 0
    assert shown["ringback_rtp_packets_total", "sent"] > 0
    assert shown["ringback_delivery_seconds_count", "taken", "VSS"] == 1
    assert shown["ringback_http_request_seconds_count", "POST", "/callflows", "400"] == 1
    assert shown["ringback_sip_messages_total", "sent"] >= 3
