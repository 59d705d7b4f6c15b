"""Owns a leg: drives SIP, session descriptions and a media engine; implements `ringback.service.ports.Telephone`."""

from ringback.adapters.telephone.endpoint import PortTaken
from ringback.adapters.telephone.ladder import draw_ladder
from ringback.adapters.telephone.line import Line
from ringback.adapters.telephone.telephone import SipTelephone
from ringback.service.ports import IncomingCall

__all__ = ["IncomingCall", "Line", "PortTaken", "SipTelephone", "draw_ladder"]
