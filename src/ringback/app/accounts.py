"""`ringback admin account`: what groups subaccounts."""

from typing import Annotated

from cyclopts import App, Parameter

from ringback.app.admin_store import AdminFailed, Settings, show, with_operator

account = App(name="account", help="Accounts: each groups subaccounts.")

AccountArgument = Annotated[str, Parameter(help="3..50 of A-Z a-z 0-9 - . _ &")]


@account.command(name="list")
def list_accounts(*, config: Settings = None) -> None:
    """List the accounts, each with the number of its subaccounts."""
    found = with_operator(config, lambda operator: operator.accounts())
    show(f"{each.account_id} {each.subaccounts}" for each in found)


@account.command(name="add")
def add_account(account: AccountArgument, /, *, config: Settings = None) -> None:
    """Add an account."""
    if not with_operator(config, lambda operator: operator.add_account(account)):
        message = f"the account {account} is there already"
        raise AdminFailed(message)


@account.command(name="remove")
def remove_account(account: AccountArgument, /, *, config: Settings = None) -> None:
    """Remove an account that has no subaccount."""
    with_operator(config, lambda operator: operator.remove_account(account))
