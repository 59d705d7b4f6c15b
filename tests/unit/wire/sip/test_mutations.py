"""Ten thousand broken messages: whatever comes, the user agent answers the next OPTIONS and forgets the rest."""

from pathlib import Path
from random import Random

import pytest
from tests.unit.wire.sip.far_side import OFFER, PEER, FarSide

from ringback.wire.sip.events import Incoming

MESSAGES = 10_000
BATCH = 100
SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parents[3] / "golden" / "sip").glob("*.dat"))]
PIECES = [
    *(b"\r\n", b"\r\n\r\n", b"\n ", b'"', b"<", b">", b",", b";", b":", b"@", b"%", b"\x00", b"\xff", b" ", b"--"),
    *(b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK", b"v:", b"INVITE", b"CANCEL", b"ACK", b"BYE", b"SIP/2.0 200 OK\r\n"),
    *(
        b";tag=x",
        b"99999999999999999999",
        b"-1",
        b"Content-Length: 0\r\n",
        b"Require: x\r\n",
        b"multipart/mixed;boundary=x",
    ),
]


def mutate(random: Random, data: bytes) -> bytes:
    """Break a message in one to four places: cut, insert, repeat, flip, or graft another on it."""
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(data))
        match random.randrange(5):
            case 0:
                data = data[:at] + random.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + data[at + random.randint(1, 40) :]
            case 2:
                data = data[:at] + data[max(0, at - random.randint(1, 200)) :]
            case 3 if at < len(data):
                data = data[:at] + bytes((data[at] ^ 1 << random.randrange(8),)) + data[at + 1 :]
            case _:
                data = data[:at] + random.choice(SEEDS)[at:]
    return data


@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_mutated_messages_leave_it_alive(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - the same messages in every run
    far = FarSide()
    call, invite = far.incoming(body=OFFER)
    seeds = [*SEEDS, invite.encode(), far.call().encode()]
    for batch in range(MESSAGES // 4 // BATCH):
        for _ in range(BATCH):
            far.agent.receive(mutate(random, random.choice(seeds)), PEER, far.now)
        for event in far.events():
            if isinstance(event, Incoming):
                far.agent.reject(event.call, 486, far.now)
        far.agent.datagrams_to_send(far.now)
        far.new_request("OPTIONS", call_id=f"alive-{batch}")
        assert far.names() == ["200 OPTIONS"]
        far.wait(1)
    assert far.agent.counters.malformed > 1000
    far.hang_up(call)
    far.hang_up()
    far.wait(300)
    assert far.agent.is_idle, "nothing of it is kept"
