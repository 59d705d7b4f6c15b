import pytest
from tests.unit.wire.sip.far_side import FarSide

from ringback.wire.sip.dialog import MAX_ROUTES, Dialog
from ringback.wire.sip.message import Headers, Response

PEER = ("192.0.2.9", 5070)


@pytest.fixture
def dialog() -> Dialog:
    """Give the dialog of an INVITE of the peer's by way of two proxies."""
    invite = FarSide().new_request("INVITE", ("Record-Route", "<sip:192.0.2.20;lr>, <sip:192.0.2.21;lr=on>"), cseq=7)
    return Dialog.of_request(invite, "us", PEER)


def test_a_dialog_of_the_peers(dialog: Dialog) -> None:
    assert dialog.key == ("theirs", "us", "caller")
    assert dialog.local == "<sip:6512345678@192.0.2.1>;tag=us"
    assert dialog.remote == "<sip:caller@192.0.2.9>;tag=caller"
    assert dialog.target == "sip:caller@192.0.2.9:5070"
    assert dialog.remote_cseq == 7


def test_a_request_by_loose_routers(dialog: Dialog) -> None:
    request, destination = dialog.request("BYE", 1, "SIP/2.0/UDP 192.0.2.1")
    assert request.uri == "sip:caller@192.0.2.9:5070"
    assert request.headers.all("Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr=on>"]
    assert destination == ("192.0.2.20", 5060)


def test_a_request_by_no_router(dialog: Dialog) -> None:
    dialog.routes = ()
    request, destination = dialog.request("BYE", 1, "SIP/2.0/UDP 192.0.2.1")
    assert request.headers.all("Route") == []
    assert destination == PEER


def test_a_user_that_is_called_lr_is_no_loose_router(dialog: Dialog) -> None:
    dialog.routes = ("sip:x;lr@192.0.2.20",)
    request, _ = dialog.request("BYE", 1, "SIP/2.0/UDP 192.0.2.1")
    assert request.uri == "sip:x;lr@192.0.2.20"
    assert request.headers.all("Route") == ["<sip:caller@192.0.2.9:5070>"]


def test_a_router_with_a_name_is_reached_by_the_peer(dialog: Dialog) -> None:
    dialog.routes = ("sip:proxy.example;lr",)
    assert dialog.request("BYE", 1, "SIP/2.0/UDP 192.0.2.1")[1] == PEER


def test_the_route_of_a_response_is_reversed(dialog: Dialog) -> None:
    rows = [("Record-Route", "<sip:a;lr>"), ("Record-Route", "<sip:b;lr>, tel:1, x, <sip:c;lr>")]
    dialog.take(Response(200, "OK", Headers(rows)))
    assert dialog.routes == ("sip:c;lr", "sip:b;lr", "sip:a;lr")


def test_routes_are_bounded(dialog: Dialog) -> None:
    rows = [("Record-Route", ",".join(f"<sip:{number}.example;lr>" for number in range(100)))]
    dialog.take(Response(200, "OK", Headers(rows)))
    assert len(dialog.routes) == MAX_ROUTES
