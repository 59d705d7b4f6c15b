"""A set-up for the doctor to look at: a configuration, ready to be broken, on a machine that is otherwise well."""

import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.peers.carrier import carrier
from tests.peers.house import ACCOUNT, SOURCE, free_tcp_port
from tests.peers.sipp import HOST, free_port

from ringback.adapters.store import open_store
from ringback.app.doctor import Finding, Machine, Report, Severity, examine
from ringback.domain.voice import Voice
from ringback.service.ports import WebhookType

VOICE = Voice("en-US-Heart", "en-US", "English (United States)", "F")
ABLE = ("Allow: INVITE, ACK, BYE, CANCEL, OPTIONS", "Accept: application/sdp")
PUBLIC = "203.0.113.7"
"""An address of documentation (RFC 5737): only ever written, never sent to."""
HOUR = 3600.0


def machine(**answers: object) -> Machine:
    """Give a machine on which all is well; `answers`: what is not."""
    return Machine(**{"voices": lambda: [VOICE], "answer_seconds": 2.0, **answers})  # type: ignore[arg-type]


def free_range(pairs: int = 4) -> tuple[int, int]:
    """Give an RTP range that is free at this moment, below the ports that the kernel hands out."""
    for first in range(12000 + os.getpid() % 500 * 8, 19000, 2 * pairs):
        with ExitStack() as open_:
            try:
                for port in range(first, first + 2 * pairs):
                    probe = open_.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind((HOST, port))
            except OSError:
                continue
            return first, first + 2 * pairs - 1
    pytest.fail("no free RTP ports")


class House:
    """A configuration, ready to be broken."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for its file, store and cache."""
        self.folder = folder
        self.file = folder / "ringback.toml"
        self.sip = free_port()
        self.http = free_tcp_port()
        self.rtp = free_range()
        self.extra = ""
        self.trunks: list[str] = []

    def trunk(self, address: tuple[str, int], *more: str) -> None:
        """Add a trunk; `more`: further lines of it."""
        lines = (f'name = "carrier{len(self.trunks)}"', f'uri = "sip:{address[0]}:{address[1]}"', "channels = 2", *more)
        self.trunks.append("[[trunk]]\n" + "\n".join(lines))

    @property
    def settings(self) -> str:
        """The file, without store and cache."""
        return f"""
http.port = {self.http}
sip.listen = ["udp:{HOST}:{self.sip}"]
rtp.ports = "{self.rtp[0]}-{self.rtp[1]}"
webhooks.allow_private_addresses = true
{self.extra}
{chr(10).join(self.trunks)}
"""

    def write(self) -> None:
        """Write the file."""
        places = f'store.url = "sqlite:///{self.folder}/ringback.db"\nvoices.cache = "{self.folder}/cache"\n'
        self.file.write_text(places + self.settings)

    async def bootstrap(self, *hooks: WebhookType) -> None:
        """Make a subaccount with webhooks."""
        async with open_store(f"sqlite:///{self.folder}/ringback.db", exclusive=False) as store:
            await store.bootstrap(ACCOUNT, caller_ids=[SOURCE], numbers=[], webhooks=hooks)

    async def examined(self, **answers: object) -> Report:
        """Call the doctor."""
        self.write()
        return await examine(self.file, machine(**answers), environment={})

    async def asked(self, *steps: str, more: Sequence[str] = ()) -> Report:
        """Call the doctor to a trunk that goes through these steps."""
        async with carrier(self.folder, *steps) as peer:
            self.trunk(peer.address, *more)
            return await self.examined()


def only(report: Report, severity: Severity = Severity.ERROR) -> Finding:
    """Give the one finding of a severity; it says why, and what to do."""
    found = report.of(severity)
    assert len(found) == 1, report.findings
    assert found[0].cause
    assert found[0].fix
    return found[0]


def said(report: Report, check: str) -> str:
    """Give all that was found by a check."""
    return "\n".join(f"{each.what}: {each.cause}" for each in report.findings if each.check == check)
