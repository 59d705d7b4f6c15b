import os
from pathlib import Path

import pytest

from ringback.adapters.speech.cache import SpeechCache
from ringback.service.ports import Pcm

SOUND = Pcm(b"\1\2" * 492, 24_000)  # 1000 bytes with the header
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def files(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("??/*.speech")}


async def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "new" / "folder", 10_000)
    await cache.open()
    assert await cache.read(A) is None
    await cache.write(A, SOUND)
    assert await cache.read(A) == SOUND


async def test_the_cache_survives_a_restart(tmp_path: Path) -> None:
    first = SpeechCache(tmp_path, 10_000)
    await first.open()
    await first.write(A, SOUND)
    second = SpeechCache(tmp_path, 10_000)
    await second.open()
    assert await second.read(A) == SOUND


async def test_what_was_not_asked_for_the_longest_makes_room(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, 2_100)
    await cache.open()
    await cache.write(A, SOUND)
    await cache.write(B, SOUND)
    await cache.read(A)
    await cache.write(C, SOUND)
    assert files(tmp_path) == {A, C}


async def test_the_order_of_use_survives_a_restart(tmp_path: Path) -> None:
    first = SpeechCache(tmp_path, 10_000)
    await first.open()
    for age, key in enumerate((C, A, B)):
        await first.write(key, SOUND)
        os.utime(tmp_path / key[:2] / f"{key}.speech", (1000 - age, 1000 - age))
    await first.read(A)
    second = SpeechCache(tmp_path, 2_100)
    await second.open()
    assert files(tmp_path) == {A, C}


async def test_a_smaller_limit_holds_from_the_start(tmp_path: Path) -> None:
    first = SpeechCache(tmp_path, 10_000)
    await first.open()
    for key in (A, B, C):
        await first.write(key, SOUND)
    second = SpeechCache(tmp_path, 1_000)
    await second.open()
    assert len(files(tmp_path)) == 1


async def test_rewriting_a_sentence_does_not_count_it_twice(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, 2_100)
    await cache.open()
    await cache.write(B, SOUND)
    for _ in range(5):
        await cache.write(A, SOUND)
    assert files(tmp_path) == {A, B}


async def test_a_sound_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, 999)
    await cache.open()
    await cache.write(A, SOUND)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("damage", ["cut", "longer", "flipped", "empty", "foreign"])
async def test_a_damaged_file_is_thrown_away(tmp_path: Path, damage: str) -> None:
    cache = SpeechCache(tmp_path, 10_000)
    await cache.open()
    await cache.write(A, SOUND)
    path = tmp_path / "aa" / f"{A}.speech"
    whole = path.read_bytes()
    damaged = {
        "cut": whole[:-1],
        "longer": whole + b"\0",
        "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
        "empty": b"",
        "foreign": b"RIFF" + whole[4:],
    }
    path.write_bytes(damaged[damage])
    assert await cache.read(A) is None
    assert not path.exists()
    await cache.write(A, SOUND)
    assert await cache.read(A) == SOUND


async def test_what_a_crash_left_half_written_is_swept_up(tmp_path: Path) -> None:
    (tmp_path / "aa").mkdir()
    stale, fresh = tmp_path / "aa" / "x.part", tmp_path / "aa" / "y.part"
    stale.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(stale, (1000, 1000))
    await SpeechCache(tmp_path, 10_000).open()
    assert (stale.exists(), fresh.exists()) == (False, True)


async def test_a_file_that_another_process_removed_is_not_there(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, 10_000)
    await cache.open()
    await cache.write(A, SOUND)
    (tmp_path / "aa" / f"{A}.speech").unlink()
    assert await cache.read(A) is None


async def test_a_folder_that_cannot_be_written_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = SpeechCache(tmp_path / "file", 10_000)
    await cache.open()
    await cache.write(A, SOUND)
    assert await cache.read(A) is None


async def test_what_nobody_asked_for_since_a_time_goes(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, 10_000)
    await cache.open()
    for age, key in enumerate((C, A, B)):
        await cache.write(key, SOUND)
        os.utime(tmp_path / key[:2] / f"{key}.speech", (1000 + age, 1000 + age))
    (tmp_path / C[:2] / f"{C}.speech").unlink()  # by another server
    assert await cache.forget(1000.5, 10) == 1
    assert files(tmp_path) == {A, B}
    assert await cache.forget(2000, 1) == 1
    assert files(tmp_path) == {B}
    assert await cache.read(B) == SOUND  # it is young again
    assert await cache.forget(2000, 10) == 0
    assert await cache.read(A) is None
