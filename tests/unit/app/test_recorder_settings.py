"""What is asked of the flight recorder, and an engine that cannot serve it."""

from pathlib import Path

import pytest

from ringback.adapters.telephone import Capability, choose_engine
from ringback.app.config import Config, ConfigInvalid, Http, Recorder, Rtp, Sip, StoreConfig, Voices
from ringback.app.media import engine_of
from ringback.app.server import Server, headers_of


def config(folder: Path, engine: str, *, sip: bool = True, rtp_headers: bool = True) -> Config:
    return Config(
        http=Http(port=0),
        sip=Sip(listen=("udp:127.0.0.1:0",)),
        rtp=Rtp(engine="core" if engine == "core" else "reference"),
        store=StoreConfig(url=f"sqlite:///{folder}/r.db"),
        voices=Voices(cache=str(folder / "cache")),
        recorder=Recorder(sip=sip, rtp_headers=rtp_headers, folder=str(folder / "flights")),
    )


def test_headers_from_an_engine_that_keeps_none_are_an_error_at_the_start_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r'^\[recorder\] rtp_headers: .* "reference"'):
        Server(config(tmp_path, "reference"))


def test_headers_are_kept_only_where_they_are_asked_for(tmp_path: Path) -> None:
    assert headers_of(config(tmp_path, "core")) is not None
    assert headers_of(config(tmp_path, "core", rtp_headers=False)) is None
    assert engine_of(config(tmp_path, "reference", rtp_headers=False)).name == "reference"


def test_the_engine_in_c_keeps_headers(tmp_path: Path) -> None:
    assert Capability.RECORDING in choose_engine("core").capabilities
    assert engine_of(config(tmp_path, "core")).name == "core"


@pytest.mark.parametrize("sip", [True, False])
async def test_messages_are_kept_only_where_they_are_asked_for(tmp_path: Path, *, sip: bool) -> None:
    server = Server(config(tmp_path, "reference", sip=sip, rtp_headers=False))
    assert (server.telephone.on_message is not None) is sip
    server.telephone.close()
    server.http.close()
    await server.store.close()
