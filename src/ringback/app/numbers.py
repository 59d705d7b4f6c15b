"""`ringback admin number`: the virtual numbers of a subaccount."""

from pathlib import Path

import msgspec
from cyclopts import App

from ringback.app.admin_store import Account, NumberArgument, Settings, changes_of, show, with_operator
from ringback.domain.inventory import InventoryNumber
from ringback.service import number_file

number = App(name="number", help="Virtual numbers of a subaccount.")


@number.command(name="list")
def list_numbers(subaccount: Account, *, config: Settings = None) -> None:
    """List the virtual numbers of a subaccount: reference, operational status, and what else is said as JSON."""
    show(_row(each) for each in with_operator(config, lambda operator: operator.numbers(subaccount)))


@number.command(name="add")
def add_number(msisdn: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Give a virtual number to a subaccount and print its reference."""
    show([with_operator(config, lambda operator: operator.add_number(subaccount, msisdn)).details.reference_id])


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
    with_operator(config, lambda operator: operator.change_number(subaccount, msisdn, changes))


@number.command(name="import")
def import_numbers(file: Path, /, subaccount: Account, *, config: Settings = None) -> None:
    """Add or change the virtual numbers of a CSV file, all or none, and print how many changed.

    Parameters
    ----------
    file:
        UTF-8, commas, a header row: msisdn, and any of the names of `number set`; an empty cell changes nothing.
    """
    with file.open("rb") as opened:
        content = opened.read(number_file.MAX_BYTES + 1)
    changed, count = with_operator(config, lambda operator: operator.import_numbers(subaccount, content))
    show([f"{changed} of {count} numbers changed"])


@number.command(name="snapshot")
def snapshot(subaccount: Account, *, config: Settings = None) -> None:
    """Tell all virtual numbers to the subaccount's VNU webhook; a server that runs posts it within a second."""
    with_operator(config, lambda operator: operator.tell_numbers(subaccount))


@number.command(name="remove")
def remove_number(msisdn: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Take a virtual number away."""
    with_operator(config, lambda operator: operator.remove_number(subaccount, msisdn))


def _row(each: InventoryNumber) -> str:
    said = msgspec.structs.replace(each.details, reference_id=None, operational_status="Active")
    return f"+{each.msisdn} {each.details.reference_id} {each.operational_status} {msgspec.json.encode(said).decode()}"
