"""`ringback admin rate`, `numbering` and `export`: what exports of calls are made of, and what became of them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cyclopts import App

from ringback.app.admin_store import AdminFailed, Settings, show, with_operator
from ringback.domain.numbering import parse_numbering
from ringback.domain.prefix_list import BadList
from ringback.domain.rate import parse_rates

T = TypeVar("T")

SHOWN = 100
"""Jobs that are listed."""

rate = App(name="rate", help="What calls cost, for exports.")
numbering = App(name="numbering", help="Whose number ranges are, for exports.")
export = App(name="export", help="Exports of calls.")


@rate.command(name="import")
def import_rates(file: Path, /, *, config: Settings = None) -> None:
    """Put a price list in the place of the one that is there, and print how many rates it has.

    Parameters
    ----------
    file:
        CSV with a head: prefix (digits; the longest that fits counts, an empty one fits all), price (of a minute),
        currency (EUR), increment (60/60, 6/6: seconds at least, then in pieces of), direction (OUTBOUND, or INBOUND:
        by the called number; may be left out).
    """
    rates = _read(file, parse_rates)
    with_operator(config, lambda operator: operator.replace_rates(rates))
    show([len(rates)])


@rate.command(name="list")
def list_rates(*, config: Settings = None) -> None:
    """List the rates, as CSV that can be imported."""
    rates = with_operator(config, lambda operator: operator.rates())
    show(["direction,prefix,price,currency,increment"])
    show(f"{each.direction},{each.prefix},{each.price},{each.currency},{each.increment}" for each in rates)


@numbering.command(name="import")
def import_numbering(file: Path, /, *, config: Settings = None) -> None:
    """Put number ranges in the place of those that are there, and print how many there are.

    Parameters
    ----------
    file:
        CSV with a head: prefix (digits; the longest that fits counts), operator, mcc (three digits), mnc (two or
        three); the last three may be empty.
    """
    ranges = _read(file, parse_numbering)
    with_operator(config, lambda operator: operator.replace_numbering(ranges))
    show([len(ranges)])


@numbering.command(name="list")
def list_numbering(*, config: Settings = None) -> None:
    """List the number ranges, as CSV that can be imported."""
    ranges = with_operator(config, lambda operator: operator.numbering())
    show(["prefix,operator,mcc,mnc"])
    show(f"{each.prefix},{_quoted(each.operator)},{each.mcc},{each.mnc}" for each in ranges)


@export.command(name="list")
def list_exports(*, config: Settings = None) -> None:
    """List the exports of all subaccounts, the newest first: when, whose, how far, how many lines, the file's name."""
    jobs = with_operator(config, lambda operator: operator.exports(SHOWN))
    show(
        f"{datetime.fromtimestamp(job.created, UTC):%Y-%m-%dT%H:%M:%SZ} {job.sub_account_id} {job.state} {job.lines} "
        f"{job.name}"
        for job in jobs
    )


def _read(file: Path, parse: Callable[[Iterable[str]], Sequence[T]]) -> Sequence[T]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return parse(lines)
    except (OSError, UnicodeError, BadList) as fault:
        message = f"{file}: {getattr(fault, 'strerror', None) or fault}"
        raise AdminFailed(message) from None


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell
