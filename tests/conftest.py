"""What all tests share: those of the engine in C are left out, and it is said, where it was not built."""

import contextlib
from importlib import import_module

collect_ignore = [
    "contract/test_media_srtp.py",
    "contract/test_media_taps.py",
    "unit/app/test_media.py",
    "unit/media/test_core.py",
]
with contextlib.suppress(ImportError):
    import_module("ringback.media.core")
    collect_ignore.clear()


def pytest_report_header() -> str:
    return "the media engine in C was not built: its tests are left out" if collect_ignore else ""
