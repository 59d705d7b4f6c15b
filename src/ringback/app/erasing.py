"""What erases, put together from the configuration."""

from pathlib import Path
from typing import TYPE_CHECKING

from ringback.adapters.telephone import HeaderFolder
from ringback.app.config import Config
from ringback.app.identifier import new_id
from ringback.service.erasure import Eraser, Retention, Terms
from ringback.service.exports import Exports
from ringback.service.ports import Clock

if TYPE_CHECKING:
    from ringback.adapters.store import Database


def eraser_of(config: Config, store: "Database", clock: Clock) -> Eraser:
    """Give what erases sessions with their files."""
    exports = Exports(
        store, clock, folder=Path(config.exports.folder), public_url=config.http.public_url, new_token=new_id
    )
    recordings = Path(config.recordings.folder) if config.recordings.folder else None
    return Eraser(
        store, exports, recordings=recordings, forget_packets=HeaderFolder(Path(config.recorder.folder)).remove
    )


def retention_of(config: Config, store: "Database", clock: Clock) -> Retention:
    """Give what erases by itself."""
    kept = config.retention
    terms = Terms(texts=kept.texts_days, sessions=kept.sessions_days, recordings=config.recordings.days)
    return Retention(store, eraser_of(config, store, clock), clock, terms)
