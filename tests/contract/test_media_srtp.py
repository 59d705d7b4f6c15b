"""Encrypted legs of the engine that has them, against a libsrtp that we did not build."""

from dataclasses import replace

import pytest
from pylibsrtp import Policy, Session
from tests.contract.far_end import Diary, FarEnd

from ringback.media.core import CoreEngine
from ringback.media.interface import Address, Codec, DigitHeard, Latched, LegStatistics, Srtp, SrtpSuite
from ringback.wire.rtp.rtcp import Goodbye

OURS, THEIRS, OUR_NEXT, THEIR_NEXT = (bytes((number,)) * 30 for number in (1, 2, 3, 4))
LOUD = bytes(range(20)) * 8
KEYS = Srtp(SrtpSuite.SHA1_80, OURS, THEIRS)
TAG_BYTES = {SrtpSuite.SHA1_80: 10, SrtpSuite.SHA1_32: 4}
PROFILES = {
    SrtpSuite.SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


class SecureEnd(FarEnd):
    """A far end that encrypts; a packet that it cannot decrypt fails the test in the loop's debug mode."""

    def __init__(self, keys: Srtp) -> None:
        """`keys`: as the engine is told them."""
        super().__init__()
        self.wire: list[bytes] = []
        """What came, as it came."""
        self.rekey(keys)

    def rekey(self, keys: Srtp) -> None:
        """Go on with other keys."""
        profile = PROFILES[keys.suite]
        self.out = Session(Policy(key=keys.receive_key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._in = Session(Policy(key=keys.send_key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))

    def seal(self, data: bytes) -> bytes:
        return bytes(self.out.protect(data))

    def unseal(self, data: bytes) -> bytes:
        self.wire.append(data)
        return bytes(self._in.unprotect(data))

    def unseal_report(self, data: bytes) -> bytes:
        return bytes(self._in.unprotect_rtcp(data))


async def latched(core: CoreEngine, far: FarEnd, diary: Diary, keys: Srtp | None = KEYS, leg: int = 1) -> Address:
    address = await core.open(leg, silence_after=0)
    core.connect(leg, replace(far.remote(), srtp=keys))
    far.send(address)
    await diary.wait(Latched, leg=leg)
    return address


async def statistics(core: CoreEngine, diary: Diary) -> LegStatistics:
    core.close(1)
    return (await diary.closed(1)).statistics


@pytest.mark.parametrize("suite", SrtpSuite)
async def test_what_is_played_and_heard_is_encrypted(core: CoreEngine, diary: Diary, suite: SrtpSuite) -> None:
    keys = replace(KEYS, suite=suite)
    core.register(1, {Codec.PCMU: LOUD})
    with SecureEnd(keys) as far:
        address = await latched(core, far, diary, keys)
        core.play(1, 1, 1, 10)
        start = far.timestamp
        for payload in ("058a00a0", "058a0320", "058a0320"):
            far.send(address, bytes.fromhex(payload), 101, timestamp=start)
        (digit,) = await diary.wait(DigitHeard)
        await far.until(lambda: far.audio().count(LOUD) == 10)
        assert {len(data) for data in far.wire} == {12 + 160 + TAG_BYTES[suite]}
        assert not any(LOUD in data for data in far.wire)
        figures = await statistics(core, diary)
        await far.until(lambda: any(isinstance(item, Goodbye) for report in far.reports for item in report))
    assert isinstance(digit, DigitHeard)
    assert digit.digit == "5"
    assert (figures.packets_received, figures.packets_malformed, figures.packets_lost) == (4, 0, 0)


async def test_what_is_forged_plain_or_heard_before_is_dropped_and_counted(core: CoreEngine, diary: Diary) -> None:
    with SecureEnd(KEYS) as far:
        address = await latched(core, far, diary)
        sealed = far.seal(bytes.fromhex("80000065000013ec0000face") + LOUD)
        forged = sealed[:40] + bytes((sealed[40] ^ 1,)) + sealed[41:]
        for data in (forged, sealed, sealed, bytes.fromhex("80000066000013ec0000face") + LOUD, b"\x80"):
            far.rtp.sendto(data, address)
        far.sequence += 5
        start = far.timestamp
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=start)
        await diary.wait(DigitHeard)
        figures = await statistics(core, diary)
    assert figures.packets_received == 3
    assert figures.packets_malformed == 4


async def test_a_stranger_without_the_key_is_not_latched(core: CoreEngine, diary: Diary) -> None:
    with SecureEnd(KEYS) as far, FarEnd() as stranger:
        address = await core.open(1, silence_after=0)
        core.connect(1, replace(far.remote(), srtp=KEYS))
        stranger.send(address)
        stranger.send(address)
        far.send(address)
        (event,) = await diary.wait(Latched)
    assert isinstance(event, Latched)
    assert event.source == far.address


async def test_the_same_keys_again_let_the_packet_counters_go_on(core: CoreEngine, diary: Diary) -> None:
    with SecureEnd(KEYS) as far:
        far.sequence = 65530
        address = await latched(core, far, diary)
        for _ in range(20):  # the sequence number wraps: both ends count that
            far.send(address)
        core.connect(1, replace(far.remote(), srtp=KEYS))
        await far.hear(len(far.packets) + 3)
        far.send(address)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=1)
        await diary.wait(DigitHeard)
        figures = await statistics(core, diary)
    assert (figures.packets_received, figures.packets_malformed) == (23, 0)
    assert len({heard.ssrc for heard in far.packets}) == 1


async def test_new_keys_begin_a_new_stream(core: CoreEngine, diary: Diary) -> None:
    keys = Srtp(SrtpSuite.SHA1_32, OUR_NEXT, THEIR_NEXT)
    with SecureEnd(KEYS) as far:
        address = await latched(core, far, diary)
        await far.hear(3)
        core.connect(1, replace(far.remote(), send=False, srtp=KEYS))
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=1)
        await diary.wait(DigitHeard)  # the command before was carried out: nothing more comes in the old key
        before = {heard.ssrc for heard in far.packets}
        far.rekey(keys)
        core.connect(1, replace(far.remote(), srtp=keys))
        await far.until(lambda: {heard.ssrc for heard in far.packets} > before)
        far.send(address, bytes.fromhex("028a0320"), 101, timestamp=2)
        await diary.wait(DigitHeard, 2)
        figures = await statistics(core, diary)
    assert figures.packets_malformed == 0


async def test_an_encrypted_leg_is_bridged_with_a_plain_one(core: CoreEngine, diary: Diary) -> None:
    with SecureEnd(KEYS) as one, FarEnd() as two:
        here = await latched(core, one, diary, leg=1)
        there = await latched(core, two, diary, None, leg=2)
        core.bridge(1, 2)
        one.send(here, LOUD)
        two.send(there, LOUD[::-1])
        await two.until(lambda: LOUD in two.audio())
        await one.until(lambda: LOUD[::-1] in one.audio())
