"""The media engine that a configuration gets."""

import sys

import pytest
from msgspec import structs

from ringback.adapters.telephone import Capability
from ringback.app.config import Config, ConfigInvalid, Rtp, Trunk
from ringback.app.media import engine_of, line_of


@pytest.fixture
def without_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ringback.media.core", None)


def test_the_best_engine_is_the_one_in_c() -> None:
    engine = engine_of(Config())
    assert engine.name == "core"
    assert Capability.SRTP in engine.capabilities


@pytest.mark.usefixtures("without_core")
def test_without_a_compiler_the_engine_in_python_serves_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert engine_of(Config()).name == "reference"
    assert "media-engine-in-c-missing" in "".join(capsys.readouterr())


@pytest.mark.usefixtures("without_core")
def test_an_engine_that_was_asked_for_and_is_missing_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(ConfigInvalid, match=r'^\[rtp\] engine: "core" was not built'):
        engine_of(Config(rtp=Rtp(engine="core")))


@pytest.mark.parametrize(
    ("trunk", "message"),
    [
        (
            Trunk("carrier", "sip:192.0.2.1", srtp="required"),
            r'^\[\[trunk\]\] \'carrier\' srtp = "required": .*"reference"',
        ),
        (Trunk("carrier", "sip:192.0.2.1", codecs=("G722",)), r'codecs = \["G722"\]: the media engine "reference"'),
        (Trunk("carrier", "sip:192.0.2.1", codecs=("PCMA", "G722")), r'codecs = \["PCMA", "G722"\]: .*"reference"'),
        (Trunk("carrier", "sip:192.0.2.1", inband_digits=True), r'inband_digits = true: .*"reference"'),
    ],
)
def test_a_setting_that_the_engine_cannot_serve_is_an_error_that_names_both(trunk: Trunk, message: str) -> None:
    with pytest.raises(ConfigInvalid, match=message):
        engine_of(Config(rtp=Rtp(engine="reference"), trunk=(trunk,)))
    assert engine_of(Config(trunk=(trunk,))).name == "core"


def test_digits_in_the_sound_leave_g722_out() -> None:
    trunk = Trunk("carrier", "sip:192.0.2.1", codecs=("G722", "PCMA", "PCMU"))
    assert line_of(trunk).codecs == ("G722", "PCMA", "PCMU")
    line = line_of(structs.replace(trunk, inband_digits=True))
    assert (line.codecs, line.inband_digits) == (("PCMA", "PCMU"), True)


def test_the_engine_in_c_has_as_many_threads_as_are_configured() -> None:
    with pytest.raises(ValueError, match="no pair of RTP ports"):
        engine_of(Config(rtp=Rtp(cores=2))).make("127.0.0.1", (5, 4))
