"""`ringback admin rate`: what calls cost."""

from pathlib import Path

from cyclopts import App

from ringback.app.admin_store import AdminFailed, Settings, show, with_store
from ringback.domain.rate import BadRate, parse_rates

rate = App(name="rate", help="What calls cost, for exports.")


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
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rates = parse_rates(lines)
    except (OSError, UnicodeError, BadRate) as fault:
        message = f"{file}: {getattr(fault, 'strerror', None) or fault}"
        raise AdminFailed(message) from None
    with_store(config, lambda store: store.replace_rates(rates))
    show([len(rates)])


@rate.command(name="list")
def list_rates(*, config: Settings = None) -> None:
    """List the rates, as CSV that can be imported."""
    rates = with_store(config, lambda store: store.rates())
    show(["direction,prefix,price,currency,increment"])
    show(f"{each.direction},{each.prefix},{each.price},{each.currency},{each.increment}" for each in rates)
