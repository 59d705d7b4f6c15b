import asyncio
import secrets
import socket
from collections.abc import Callable

import pytest
import uvloop

from ringback.adapters.telephone.endpoint import Endpoint, PortTaken
from ringback.wire.sip import events as sip
from ringback.wire.sip.user_agent import UserAgent

LOOPBACK = ("127.0.0.1", 0)
BOUND = 5.0
OPTIONS = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{branch}\r\n"
    "From: <sip:peer@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


async def ask(peer: socket.socket, endpoint: Endpoint, branch: str) -> bytes:
    """Send an OPTIONS and give the answer."""
    message = OPTIONS.format(port=peer.getsockname()[1], branch=branch).encode()
    peer.sendto(message, endpoint.address)
    async with asyncio.timeout(BOUND):
        return await asyncio.get_running_loop().sock_recv(peer, 4096)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_icmp_error_is_told_and_deafens_nobody(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        endpoint = Endpoint(LOOPBACK)
        user_agent = UserAgent(endpoint.address, token=secrets.token_hex, product="test")
        told = asyncio.Event()
        failures: list[sip.Unreachable] = []

        def tell(event: sip.Event) -> None:
            if isinstance(event, sip.Unreachable):
                failures.append(event)
                told.set()

        endpoint.start(user_agent, tell)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        ):
            closed.bind(LOOPBACK)
            nowhere = closed.getsockname()
            closed.close()
            peer.setblocking(False)  # noqa: FBT003 - the standard library's signature
            peer.bind(LOOPBACK)
            for number in range(3):
                told.clear()
                user_agent.invite(
                    f"call-{number}",
                    to=f"sip:1@127.0.0.1:{nowhere[1]}",
                    next_hop=nowhere,
                    from_uri="sip:2@127.0.0.1",
                    offer=b"v=0\r\n",
                    credentials=None,
                    now=asyncio.get_running_loop().time(),
                )
                endpoint.pump()
                async with asyncio.timeout(BOUND):
                    await told.wait()
                assert (await ask(peer, endpoint, f"branch{number}")).startswith(b"SIP/2.0 200 ")
        endpoint.close()
        assert [failure.call for failure in failures] == ["call-0", "call-1", "call-2"]

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


async def test_a_port_in_use_says_which_and_which_setting_changes_it() -> None:
    endpoint = Endpoint(LOOPBACK)
    with pytest.raises(PortTaken) as caught:
        Endpoint(endpoint.address)
    endpoint.close()
    assert f"udp:127.0.0.1:{endpoint_port(caught.value)}" in str(caught.value)
    assert "[sip] listen" in str(caught.value)


def endpoint_port(fault: PortTaken) -> str:
    return str(fault).split("udp:127.0.0.1:")[1].split(" ")[0]
