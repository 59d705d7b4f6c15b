"""Owns a leg: drives SIP, session descriptions and a media engine; implements `ringback.service.ports.Telephone`."""

from ringback.adapters.telephone.endpoint import PortTaken
from ringback.adapters.telephone.engines import EngineKind, EngineMissing, choose_engine
from ringback.adapters.telephone.headers import HeaderFolder
from ringback.adapters.telephone.ladder import draw_ladder
from ringback.adapters.telephone.line import Line
from ringback.adapters.telephone.pcap import signalling, write_capture
from ringback.adapters.telephone.probe import NoAddress, TrunkAnswer, TrunkProbe
from ringback.adapters.telephone.questions import OUT_OF_SERVICE, NoAnswer
from ringback.adapters.telephone.telephone import SipTelephone
from ringback.media.interface import Capability
from ringback.service.ports import IncomingCall

__all__ = [
    "OUT_OF_SERVICE",
    "Capability",
    "EngineKind",
    "EngineMissing",
    "HeaderFolder",
    "IncomingCall",
    "Line",
    "NoAddress",
    "NoAnswer",
    "PortTaken",
    "SipTelephone",
    "TrunkAnswer",
    "TrunkProbe",
    "choose_engine",
    "draw_ladder",
    "signalling",
    "write_capture",
]
