"""What benchmarks write into `docs/performance.md`, each between its own markers."""

from pathlib import Path

PATH = Path(__file__).parent.parent / "docs" / "performance.md"


def read(name: str) -> str:
    """Give what is between the markers of that name."""
    return _parts(name)[1]


def replace(name: str, text: str) -> None:
    """Put `text` between the markers of that name."""
    head, _, tail = _parts(name)
    PATH.write_text(f"{head}{text}{tail}", encoding="utf-8")


def _parts(name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name}: written by `make bench` -->\n", f"<!-- end of {name} -->\n"
    head, begun, rest = PATH.read_text(encoding="utf-8").partition(begin)
    inner, ended, tail = rest.partition(end)
    if not begun or not ended:
        message = f"{PATH} has no place for {name}"
        raise RuntimeError(message)
    return head + begun, inner, ended + tail
