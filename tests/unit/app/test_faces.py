import inspect
import shutil
from pathlib import Path

import pytest

from ringback.app import faces
from ringback.client import AsyncClient, Client

SOURCE = Path(__file__).parents[3] / "src"


def test_the_face_that_blocks_is_the_one_that_would_be_written() -> None:
    assert faces.main(["--check", str(SOURCE)]) == 0


def test_both_faces_have_the_same_methods_with_the_same_parameters() -> None:
    awaiting, blocking = AsyncClient("http://a", "acme", "key"), Client("http://a", "acme", "key")
    rooms = ["", *(name for name in vars(awaiting) if not name.startswith("_"))]
    assert len(rooms) > 7
    for room in rooms:
        one, other = (getattr(client, room) if room else client for client in (awaiting, blocking))
        names = [name for name, _ in inspect.getmembers(one, inspect.ismethod) if not name.startswith("_")]
        assert names
        assert names == [name for name, _ in inspect.getmembers(other, inspect.ismethod) if not name.startswith("_")]
        for name in names:
            mine, its = getattr(one, name), getattr(other, name)
            assert list(inspect.signature(mine).parameters.values()) == list(inspect.signature(its).parameters.values())
            assert inspect.getdoc(mine)
            assert not inspect.iscoroutinefunction(its)


def test_what_awaits_becomes_what_blocks() -> None:
    text = (
        "from ringback.client.aiohttp_transport import AiohttpTransport\n\n\n"
        "async def each(transport: AiohttpTransport) -> AsyncIterator[int]:\n"
        '    """Take what AsyncClient gives."""\n'
        "    async with transport.open() as chunks:\n"
        "        async for chunk in chunks:\n"
        "            yield await chunk\n"
    )
    assert faces.blocking(text, "a.py") == (
        "# Written by `python -m ringback.app.faces src` from a.py; do not edit.\n"
        "from ringback.client.urllib3_transport import Urllib3Transport\n\n\n"
        "def each(transport: Urllib3Transport) -> Iterator[int]:\n"
        '    """Take what Client gives."""\n'
        "    with transport.open() as chunks:\n"
        "        for chunk in chunks:\n"
        "            yield chunk\n"
    )


@pytest.mark.parametrize("change", ["changed", "missing", "left over"])
def test_a_module_that_differs_is_named_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    for folder in (faces.FROM, faces.TO):
        shutil.copytree(SOURCE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / faces.TO / "numbers.py"
    match change:
        case "changed":
            module.write_text(module.read_text() + "\n")
        case "missing":
            module.unlink()
        case _:
            module = module.with_name("letters.py")
            module.write_text("")
    assert faces.main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{module} is stale: run python -m ringback.app.faces {tmp_path}\n"
    assert faces.main([str(tmp_path)]) == 0
    assert faces.main(["--check", str(tmp_path)]) == 0
    assert module.exists() == (change != "left over")


@pytest.mark.parametrize("arguments", [[], ["--check"], ["a", "b"]])
def test_without_one_folder_it_says_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert faces.main(arguments) == 2
    assert "usage: " in capsys.readouterr().err
