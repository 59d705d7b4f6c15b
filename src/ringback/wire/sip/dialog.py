"""Dialogs (RFC 3261, section 12): who talks to whom, where the next request goes, and by which route."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ringback.wire.sip import destination as destinations
from ringback.wire.sip.events import Address
from ringback.wire.sip.headers import NameAddr
from ringback.wire.sip.message import Headers, Request, Response
from ringback.wire.sip.uri import Uri

MAX_ROUTES: Final = 32
"""Hops of a route set that are kept."""

DialogKey: TypeAlias = tuple[str, str, str]
"""Call-ID, our tag, the peer's tag."""


@dataclass(slots=True)
class Dialog:
    """What both ends know of each other."""

    call_id: str
    local: str
    """Us, with our tag, as it stands in the From of our requests."""
    remote: str
    """The peer, with its tag, as it stands in the To of our requests."""
    local_tag: str
    remote_tag: str
    """Empty where the peer is older than RFC 3261."""
    target: str
    """The URI in the peer's last Contact."""
    routes: tuple[str, ...]
    """URIs of the proxies that want to stay in the path, in the order of our requests."""
    peer: Address
    """Where requests go if route and target name no address that we can reach."""
    local_cseq: int
    """Of our last request; an ACK or CANCEL has that of its INVITE."""
    remote_cseq: int = -1
    """Of the peer's last request; -1 before the first."""

    @classmethod
    def of_request(cls, invite: Request, local_tag: str, source: Address) -> "Dialog":
        """Make the dialog that an INVITE of the peer's begins (section 12.1.1)."""
        dialog = cls(
            call_id=invite.call_id,
            local=f"{invite.headers.first('To')};tag={local_tag}",
            remote=invite.headers.first("From") or "",
            local_tag=local_tag,
            remote_tag=invite.from_.tag,
            target=invite.from_.uri,
            routes=tuple(_route_set(invite.headers.all("Record-Route"))),
            peer=source,
            local_cseq=0,
            remote_cseq=invite.cseq.number,
        )
        dialog.refresh(invite)
        return dialog

    @property
    def key(self) -> DialogKey:
        """What finds the dialog of a message."""
        return self.call_id, self.local_tag, self.remote_tag

    def take(self, response: Response) -> None:
        """Learn target and route set from a response that makes the dialog, or confirms it (section 12.1.2)."""
        self.routes = tuple(_route_set(reversed(response.headers.all("Record-Route"))))
        self.refresh(response)

    def refresh(self, message: Request | Response) -> None:
        """Go by a new Contact from now on (section 12.2); one that is no SIP URI is passed over."""
        contact = message.contact
        if contact is None or contact.uri == self.target:
            return
        try:
            scheme = contact.target.scheme
        except ValueError:
            return
        if scheme != "tel":
            self.target = contact.uri

    def request(self, method: str, number: int, via: str) -> tuple[Request, Address]:
        """Make a request and tell where it goes (section 12.2.1.1); `number`: its CSeq."""
        uri, routes = self.target, self.routes
        hop = routes[0] if routes else uri
        if routes and not _is_loose(hop):
            uri, routes = hop, (*routes[1:], uri)
        headers = Headers([("Via", via), ("Max-Forwards", "70")])
        headers.rows += [("Route", f"<{route}>") for route in routes]
        headers.rows += [
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
        ]
        return Request(method, uri, headers), destinations.of_uri(hop, self.peer)


def _route_set(values: Iterable[str]) -> list[str]:
    """Give the URIs of a Record-Route; a hop that cannot be read, or is no SIP URI, could not be addressed."""
    routes: list[str] = []
    for value in values:
        try:
            route = NameAddr.parse(value)
            if route.target.scheme != "tel":
                routes.append(route.uri)
        except ValueError:
            continue
    return routes[:MAX_ROUTES]


def _is_loose(route: str) -> bool:
    return "lr" in Uri.parse(route).params
