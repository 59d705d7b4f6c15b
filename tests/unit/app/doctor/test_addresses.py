import pytest

from ringback.adapters.telephone import TrunkAnswer
from ringback.app.config import Config, Rtp, Sip, Trunk
from ringback.app.doctor.addresses import bound_too_close, is_private, judge
from ringback.app.doctor.finding import Finding, Severity

TRUNK = Trunk(name="carrier", uri="sip:carrier.example")
PUBLIC, OTHER, INNER = "203.0.113.7", "203.0.113.99", "192.168.1.20"


def answer(told: str, seen: tuple[str | None, int | None]) -> TrunkAnswer:
    return TrunkAnswer(
        status=200,
        reason="OK",
        challenged=False,
        seen_as=seen,
        told=(told, 5060),
        allow=(),
        accept=(),
        date="",
        codecs=None,
        digits=False,
    )


def judged(
    told: str, seen: str | None, trunk: str = OTHER, *, rtp: str = "", seen_port: int | None = None, own: bool = True
) -> list[Finding]:
    config = Config(rtp=Rtp(advertise=rtp))
    return judge(config, TRUNK, trunk, answer(told, (seen, seen_port)), is_servers_port=own)


@pytest.mark.parametrize("host", ["10.1.2.3", "127.0.0.1", "172.31.0.1", "192.168.0.1", "100.64.0.1", "169.254.1.1"])
def test_private_addresses_are_known(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "172.32.0.1", "100.128.0.1", PUBLIC, "not an address", ""])
def test_others_are_not_private(host: str) -> None:
    assert not is_private(host)


def test_a_private_address_towards_a_public_trunk_is_an_error_whatever_it_sees() -> None:
    (finding,) = judged(INNER, None)
    assert (finding.severity, finding.what) == (Severity.ERROR, "trunk carrier is told a private address")
    assert 'advertise = "your public address" in [sip]' in finding.fix


def test_a_private_rtp_address_alone_is_an_error_too() -> None:
    (finding,) = judged(PUBLIC, PUBLIC, rtp=INNER)
    assert finding.cause.startswith(f"[rtp] advertise is or becomes {INNER}")


def test_private_addresses_on_both_sides_are_no_fault() -> None:
    (finding,) = judged(INNER, INNER, "192.168.1.1")
    assert finding.severity is Severity.OK


def test_an_inner_trunk_may_see_the_inner_address() -> None:
    (finding,) = judged(PUBLIC, INNER, "192.168.1.1")
    assert finding.severity is Severity.WARNING


def test_a_changed_port_counts_only_where_the_servers_port_asked() -> None:
    (finding,) = judged(PUBLIC, PUBLIC, seen_port=1024)
    assert finding.cause == "it sees our SIP port 5060 as 1024"
    (finding,) = judged(PUBLIC, PUBLIC, seen_port=1024, own=False)
    assert finding.severity is Severity.OK


def test_a_trunk_that_does_not_say_where_it_sees_us_is_no_fault() -> None:
    (finding,) = judged(PUBLIC, None)
    assert finding.what == f"trunk carrier is told {PUBLIC}:5060 and does not say where it sees us"


@pytest.mark.parametrize(
    ("listen", "trunk", "found"),
    [("127.0.0.1", PUBLIC, True), ("127.0.0.1", "127.0.0.2", False), ("0.0.0.0", PUBLIC, False)],
)
def test_the_loopback_address_reaches_this_machine_alone(listen: str, trunk: str, found: bool) -> None:  # noqa: FBT001 - a parameter of the test
    config = Config(sip=Sip(listen=(f"udp:{listen}:5060",)))
    assert (bound_too_close(config, TRUNK, trunk) is not None) is found
