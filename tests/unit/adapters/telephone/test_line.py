import asyncio
import socket

import pytest

from ringback.adapters.telephone.line import NAME_SECONDS, SIP_PORT, Line, Names, own_address


def test_a_trunk_without_a_port_is_on_5060() -> None:
    assert Line("sip:carrier.example").host_port == ("carrier.example", SIP_PORT)


def test_a_trunk_with_a_port_is_there() -> None:
    assert Line("sip:127.0.0.1:5070;transport=udp").host_port == ("127.0.0.1", 5070)


@pytest.mark.parametrize("uri", ["", "carrier.example", "sip:", "http://carrier.example", "sip:carrier.example:99999"])
def test_what_is_no_sip_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Line(uri)


def test_without_a_user_name_there_are_no_credentials() -> None:
    assert Line("sip:carrier.example", password="secret").credentials is None  # noqa: S106 - a test's own


async def test_an_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fail)
    assert await Names().resolve(Line("sip:127.0.0.1:5070")) == ("127.0.0.1", 5070)


async def test_a_name_is_looked_up_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    asked = []
    now = loop.time()

    async def look_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (f"127.0.0.{len(asked)}", port))]

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    monkeypatch.setattr(loop, "time", lambda: now)
    names, line = Names(), Line("sip:carrier.example")
    assert await names.resolve(line) == ("127.0.0.1", SIP_PORT)
    assert await names.resolve(line) == ("127.0.0.1", SIP_PORT)
    now += NAME_SECONDS + 1
    assert await names.resolve(line) == ("127.0.0.2", SIP_PORT)
    assert asked == ["carrier.example"] * 2


def test_a_bound_address_is_told_to_far_ends() -> None:
    assert own_address("127.0.0.7", {}) == "127.0.0.7"


def test_bound_to_all_the_address_towards_the_trunk_is_told() -> None:
    assert own_address("0.0.0.0", {"trunk": Line("sip:127.0.0.1")}) == "127.0.0.1"
