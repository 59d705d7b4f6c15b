"""The process of the reference engine: one loop over sockets and a clock, on standard input a socket to the server.

Started by `ringback.media.reference`; ends when the server says so or is gone.
"""

import contextlib
import gc
import resource
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from typing import Final

from ringback.media import frames
from ringback.media.interface import LegClosed, NoFreePort, PlayDone
from ringback.media.leg import Leg
from ringback.media.playback import EncodedPrompt
from ringback.media.port_range import PortRange
from ringback.media.recording import Recording
from ringback.media.wheel import Wheel

HOUSEKEEPING_NS: Final = 100_000_000
WRITING_NS: Final = 10_000_000
"""How often it is looked whether a recording is written, or the server reads again."""
MAX_UNREAD: Final = 16 * 1024 * 1024
"""Bytes of events that the server may leave unread; more, and it is taken to be gone."""
READ: Final = 256 * 1024

_now_ns: Final = time.monotonic_ns


class Process:
    """Legs, prompts, and the loop that serves them."""

    def __init__(self, server: socket.socket, ports: PortRange) -> None:
        """`server`: the socket to the server."""
        self._server = server
        self._ports = ports
        self._selector = selectors.DefaultSelector()
        self._reader = frames.FrameReader(frames.COMMANDS)
        self._unsent = bytearray()
        self._legs: dict[int, Leg] = {}
        self._prompts: dict[int, EncodedPrompt] = {}
        self._wheel = Wheel(_now_ns())
        self._random = SystemRandom()
        self._writing: list[tuple[threading.Thread, LegClosed]] = []
        self._kept_ns = 0
        self._running = True

    def run(self) -> None:
        """Serve until the end."""
        self._server.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._selector.register(self._server, selectors.EVENT_READ, self._read_commands)
        self._tell(frames.Ready())
        while self._running:
            self._flush()
            wait = self._wheel.wait_ns(_now_ns())
            if self._writing or self._unsent:
                wait = WRITING_NS if wait is None else min(wait, WRITING_NS)
            ready = self._selector.select(None if wait is None else wait / 1e9)
            now_ns = _now_ns()
            self._wheel.turn(now_ns)
            for key, _ in ready:
                key.data(now_ns)
            if now_ns - self._kept_ns >= HOUSEKEEPING_NS or self._writing:
                self._kept_ns = now_ns
                self._housekeep(now_ns)
        self._end()

    # -- the server

    def _read_commands(self, now_ns: int) -> None:
        try:
            data = self._server.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._running = False
            return
        for command in self._reader.feed(data):
            self._obey(command, now_ns)

    def _tell(self, event: frames.Report) -> None:
        self._unsent += frames.encode(event)

    def _flush(self) -> None:
        if not self._unsent:
            return
        try:
            sent = self._server.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._running = False
            return
        del self._unsent[:sent]
        if len(self._unsent) > MAX_UNREAD:
            self._running = False

    # -- commands

    def _obey(self, command: frames.Command, now_ns: int) -> None:  # noqa: C901, PLR0912 - a line each
        match command:
            case frames.Open(number, silence_after):
                self._open(number, silence_after)
            case frames.Register(prompt):
                self._prompts[prompt] = EncodedPrompt()
            case frames.Samples(prompt, codec, samples):
                self._prompts[prompt].extend(codec, samples)
            case frames.Forget(prompt):
                self._prompts.pop(prompt, None)
            case frames.Stop():
                self._running = False
            case frames.Connect(number, remote) if leg := self._legs.get(number):
                pace = leg.packet_ms if leg.codec is not None else None
                leg.connect(remote, now_ns)
                if pace != remote.packet_ms:
                    self._wheel.place(leg, remote.packet_ms)
            case frames.Play(number, play, prompt, repetition) if leg := self._legs.get(number):
                known = self._prompts.get(prompt)
                if known is None:
                    self._tell(PlayDone(number, play, now_ns))
                else:
                    leg.play(play, known, repetition, now_ns)
            case frames.StopPlay(number) if leg := self._legs.get(number):
                leg.playback.stop()
            case frames.Press(number, digits) if leg := self._legs.get(number):
                leg.keys.press(digits)
            case frames.Bridge(number, other):
                self._bridge(number, other)
            case frames.Unbridge(number) if leg := self._legs.get(number):
                self._unbridge(leg)
            case frames.Listen(number, path) if leg := self._legs.get(number):
                leg.listen(Path(path))
            case frames.Close(number) if leg := self._legs.get(number):
                self._close(leg, now_ns)

    def _open(self, number: int, silence_after: float) -> None:
        if number in self._legs:
            self._tell(frames.NotOpened(number, f"leg {number} is open"))
            return
        try:
            sockets = self._ports.bind()
        except NoFreePort as fault:
            self._tell(frames.NotOpened(number, fault.strerror or str(fault)))
            return
        leg = Leg(number, sockets, silence_after, self._random, self._tell)
        self._legs[number] = leg
        self._register(leg.rtp, leg.receive)
        self._register(leg.rtcp, leg.receive_report)
        self._tell(frames.Opened(number, leg.address))

    def _register(self, socket_: socket.socket, receive: Callable[[int], None]) -> None:
        self._selector.register(socket_, selectors.EVENT_READ, receive)

    def _bridge(self, number: int, other: int) -> None:
        one, two = self._legs.get(number), self._legs.get(other)
        if one is None or two is None or one is two:
            return
        self._unbridge(one)
        self._unbridge(two)
        one.bridge(two)
        two.bridge(one)

    def _unbridge(self, leg: Leg) -> None:
        if leg.bridged is not None:
            leg.bridged.unbridge()
            leg.unbridge()

    def _close(self, leg: Leg, now_ns: int) -> None:
        self._unbridge(leg)
        self._wheel.remove(leg)
        self._selector.unregister(leg.rtp)
        self._selector.unregister(leg.rtcp)
        port = leg.address[1]
        del self._legs[leg.number]
        closed, recording = leg.close(now_ns)
        self._ports.release(port)
        if recording is None:
            self._tell(closed)
            return
        writer = threading.Thread(target=_write, args=(recording,))
        writer.start()
        self._writing.append((writer, closed))

    # -- the time between

    def _housekeep(self, now_ns: int) -> None:
        for leg in self._legs.values():
            leg.housekeep(now_ns)
        for writing in [pair for pair in self._writing if not pair[0].is_alive()]:
            self._writing.remove(writing)
            self._tell(writing[1])

    def _end(self) -> None:
        """Close what is open, tell it if there is somebody to tell, and go."""
        for leg in list(self._legs.values()):
            self._close(leg, _now_ns())
        for writer, closed in self._writing:
            writer.join()
            self._tell(closed)
        self._server.setblocking(True)  # noqa: FBT003 - the standard library's signature
        self._server.settimeout(1.0)
        with contextlib.suppress(OSError):
            self._server.sendall(self._unsent)
        self._server.close()


def _write(recording: Recording) -> None:
    try:
        recording.write()
    except OSError as fault:
        sys.stderr.write(f"ringback media: a recording was not written: {fault}\n")


def main(host: str, low: str, high: str) -> None:
    """Run the process; the server's end of standard input is a socket."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # sent to the server too, which drains first and then says Stop
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    server = socket.socket(fileno=sys.stdin.fileno())
    process = Process(server, PortRange(host, int(low), int(high)))
    gc.freeze()
    process.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
