"""What keeps recordings from where they are pushed to, judged with a store and without a network."""

from pathlib import Path

import pytest

from ringback.adapters.store import open_store
from ringback.app.config import Config, Recordings, StoreConfig
from ringback.app.doctor import pushes
from ringback.app.doctor.finding import Severity
from ringback.domain.push import PushProtocol, PushTarget
from ringback.service.push_store import WaitingPushes

TARGET = PushTarget(
    protocol=PushProtocol.SFTP,
    host="files.example",
    port=22,
    username="ann",
    password="hush",  # noqa: S106 - of a test
)


@pytest.mark.parametrize(
    ("waiting", "records", "severity", "says"),
    [
        (WaitingPushes(0, ""), True, Severity.OK, "recordings of acme to files.example by SFTP: 0 wait, none failed"),
        (WaitingPushes(2, "the login was refused"), True, Severity.WARNING, "do not arrive"),
        (WaitingPushes(0, ""), False, Severity.WARNING, "are never made"),
    ],
)
def test_what_waits_is_judged(waiting: WaitingPushes, severity: Severity, says: str, *, records: bool) -> None:
    found = pushes.judge("acme", TARGET, waiting, records=records)
    assert found.severity is severity
    assert says in found.what
    assert waiting.reason in found.cause
    assert "hush" not in str(found)


async def test_every_subaccount_that_pushes_is_looked_at(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    config = Config(store=StoreConfig(url=f"sqlite:///{store}"), recordings=Recordings(folder="recordings"))
    assert await pushes.look(config, store) == []
    async with open_store(config.store.url, exclusive=True) as opened:
        for name in ("acme", "other"):
            await opened.add_subaccount(name)
        await opened.set_push_target("acme", TARGET, 0.0)
    (found,) = await pushes.look(config, store)
    assert (found.check, found.severity) == ("pushes", Severity.OK)
    store.write_bytes(b"no database")
    assert await pushes.look(config, store) == [], "that is told elsewhere"
