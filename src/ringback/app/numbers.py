"""`ringback admin number`: the virtual numbers of a subaccount."""

from pathlib import Path

import msgspec
from cyclopts import App

from ringback.app.admin_store import Account, NumberArgument, Settings, changes_of, require, show, with_store
from ringback.domain.inventory import InventoryNumber
from ringback.service import number_file

number = App(name="number", help="Virtual numbers of a subaccount.")


@number.command(name="list")
def list_numbers(subaccount: Account, *, config: Settings = None) -> None:
    """List the virtual numbers of a subaccount: reference, operational status, and what else is said as JSON."""
    show(_row(each) for each in with_store(config, lambda store: store.list_numbers(subaccount)))


@number.command(name="add")
def add_number(msisdn: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Give a virtual number to a subaccount and print its reference."""
    show([with_store(config, lambda store: store.add_number(subaccount, msisdn)).reference_id])


@number.command(name="set")
def set_number(msisdn: NumberArgument, /, *details: str, subaccount: Account, config: Settings = None) -> None:
    """Say something of a virtual number.

    Parameters
    ----------
    details:
        NAME=VALUE, such as operationalStatus=Expiring; NAME= says nothing. Names: referenceId, operationalStatus
        (Active, Unhealthy, Expiring, Inactive), rentalPrice, incomingRate, billingUnit (seconds), billingCurrency,
        numberType, numberHealthCheckEnabled (true, false), trunk.
    """
    changes = changes_of(details)
    require(with_store(config, lambda store: store.change_number(subaccount, msisdn, changes)), f"number {msisdn}")


@number.command(name="import")
def import_numbers(file: Path, /, subaccount: Account, *, config: Settings = None) -> None:
    """Add or change the virtual numbers of a CSV file, all or none, and print how many changed.

    Parameters
    ----------
    file:
        UTF-8, commas, a header row: msisdn, and any of the names of `number set`; an empty cell changes nothing.
    """
    from ringback.adapters.store import ImportRefused

    with file.open("rb") as opened:
        lines = number_file.parse(opened.read(number_file.MAX_BYTES + 1))
    details = {digits: line.details for digits, line in lines.items()}
    try:
        changed = with_store(config, lambda store: store.import_numbers(subaccount, details))
    except ImportRefused as fault:
        raise number_file.FileRefused({lines[digits].line: why for digits, why in fault.faults.items()}) from None
    show([f"{changed} of {len(lines)} numbers changed"])


@number.command(name="snapshot")
def snapshot(subaccount: Account, *, config: Settings = None) -> None:
    """Tell all virtual numbers to the subaccount's VNU webhook; a server that runs posts it within a second."""
    require(with_store(config, lambda store: store.tell_numbers(subaccount)), "enabled VNU webhook")


@number.command(name="remove")
def remove_number(msisdn: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Take a virtual number away."""
    require(with_store(config, lambda store: store.remove_number(subaccount, msisdn)), f"number {msisdn}")


def _row(each: InventoryNumber) -> str:
    said = msgspec.structs.replace(each.details, reference_id=None, operational_status="Active")
    return f"+{each.msisdn} {each.details.reference_id} {each.operational_status} {msgspec.json.encode(said).decode()}"
