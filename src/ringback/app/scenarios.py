"""`ringback admin scenario` and `optout`: callflow templates, who may execute them, and who wants no more calls."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from ringback.app.admin_store import (
    Account,
    AdminFailed,
    NumberArgument,
    Settings,
    show,
    with_operator,
)
from ringback.domain.scalars import format_moment
from ringback.domain.scenario import MAX_TEMPLATE
from ringback.service import number_file
from ringback.service.operator import Operator
from ringback.service.opt_out_store import OptedOut
from ringback.service.scenario_store import ListedScenario

scenario = App(name="scenario", help="Callflow templates for executeScenario.")
optout = App(name="optout", help="Numbers that want no more calls of a subaccount.")

PAGE = 1000
"""Numbers of an opt-out list that are read at a time."""
ScenarioArgument = Annotated[str, Parameter(help="1..64 of A-Z a-z 0-9 . _ -")]
Grantee = Annotated[
    str | None, Parameter(name="--subaccount", help="A subaccount: 3..50 of A-Z a-z 0-9 - . _ &; without it, --all.")
]
ToAll = Annotated[bool, Parameter(name="--all", negative="", help="Every subaccount, also those to come.")]


@scenario.command(name="list")
def list_scenarios(*, config: Settings = None) -> None:
    """List the scenarios: name, version, since when, and who may execute them."""
    show(_row(each) for each in with_operator(config, lambda operator: operator.scenarios()))


@scenario.command(name="show")
def show_scenario(
    name: ScenarioArgument,
    /,
    version: Annotated[int | None, Parameter(help="The newest where it is not given.")] = None,
    *,
    config: Settings = None,
) -> None:
    """Print the template of a scenario as JSON: it can be edited and added by another name."""
    found = with_operator(config, lambda operator: operator.scenario(name, version))
    show([msgspec.json.format(msgspec.json.encode(found.template), indent=2).decode()])


@scenario.command(name="add")
def add_scenario(name: ScenarioArgument, /, file: Path, *, config: Settings = None) -> None:
    """Add a scenario, or a new version of it, and print the version; a template as it is there adds none.

    Sessions that were accepted before run with the version of then.

    Parameters
    ----------
    file:
        The template, JSON of at most 32768 bytes: see docs/how-to/scenarios.md.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_TEMPLATE + 1)
    except OSError as fault:
        message = f"{file}: {fault.strerror}"
        raise AdminFailed(message) from None
    version = with_operator(config, lambda operator: operator.add_scenario(name, content))
    show([f"{name} version {version}"])


@scenario.command(name="remove")
def remove_scenario(name: ScenarioArgument, /, *, config: Settings = None) -> None:
    """Remove a scenario with all its versions and grants; sessions that wait with it run."""
    with_operator(config, lambda operator: operator.remove_scenario(name))


@scenario.command(name="grant")
def grant_scenario(
    name: ScenarioArgument, /, *, subaccount: Grantee = None, everyone: ToAll = False, config: Settings = None
) -> None:
    """Let a subaccount execute a scenario."""
    _check_grantee(subaccount, everyone=everyone)
    with_operator(config, lambda operator: operator.grant_scenario(name, subaccount))


@scenario.command(name="revoke")
def revoke_scenario(
    name: ScenarioArgument, /, *, subaccount: Grantee = None, everyone: ToAll = False, config: Settings = None
) -> None:
    """Take a grant back: that of a subaccount, or the one to all."""
    _check_grantee(subaccount, everyone=everyone)
    with_operator(config, lambda operator: operator.revoke_scenario(name, subaccount))


def _check_grantee(subaccount: str | None, *, everyone: bool) -> None:
    if (subaccount is None) is not everyone:
        message = "give either --subaccount or --all"
        raise AdminFailed(message)


def _row(each: ListedScenario) -> str:
    since = "shipped" if each.created is None else format_moment(each.created)
    to = "all" if each.is_granted_to_all else ",".join(each.granted_to) or "-"
    return f"{each.scenario.name} {each.scenario.version} {since} {to}"


@optout.command(name="list")
def list_opt_outs(subaccount: Account, *, config: Settings = None) -> None:
    """List the numbers that want no more calls, the newest first: since when, and by which session."""

    async def pages(operator: Operator) -> None:
        before: int | None = None
        while page := await operator.opt_outs(subaccount, before, PAGE):
            show(map(_opted_out, page))
            before = page[-1].place

    with_operator(config, pages)


@optout.command(name="add")
def add_opt_out(number: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Put a number on the list; it stays there as it is where it is there already."""
    show([_opted_out(with_operator(config, lambda operator: operator.add_opt_out(subaccount, number)))])


@optout.command(name="import")
def import_opt_outs(file: Path, /, subaccount: Account, *, config: Settings = None) -> None:
    """Put the numbers of a CSV file on the list, all or none, and print how many were not there.

    Parameters
    ----------
    file:
        UTF-8, commas, a header row with a column msisdn; others are not looked at. At most 50000 lines.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(number_file.MAX_BYTES + 1)
    except OSError as fault:
        message = f"{file}: {fault.strerror}"
        raise AdminFailed(message) from None
    added, count = with_operator(config, lambda operator: operator.import_opt_outs(subaccount, content))
    show([f"{added} of {count} numbers added"])


@optout.command(name="remove")
def remove_opt_out(number: NumberArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Take a number off the list: it is called again."""
    with_operator(config, lambda operator: operator.remove_opt_out(subaccount, number))


def _opted_out(each: OptedOut) -> str:
    return f"{each.number} {format_moment(each.created)} {each.session_id or '-'}"
