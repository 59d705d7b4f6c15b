"""What the store raises."""

from ringback.domain.errors import Conflict, NotThere, RingbackError, Unusable
from ringback.service.ports import Overloaded


class StoreError(RingbackError):
    """The root of what the store raises on purpose."""


class StoreUnavailable(StoreError):
    """The store cannot be opened; the text names the cause and the setting (the operator's fault)."""


class StoreBusy(StoreError, Overloaded):
    """The queue to the disk is full: nothing was written, try again later."""


class StoreClosed(StoreError):
    """The store was closed: nothing was written or read."""


class StoreFailed(StoreError):
    """The disk or SQLite refused: nothing of this unit of work was written."""


class UnknownSession(StoreError, LookupError):
    """No session has this id."""


class UnknownSubaccount(StoreError, NotThere, LookupError):
    """No subaccount has this id."""

    def __str__(self) -> str:
        """Name it."""
        return f"there is no subaccount {self.args[0]}"


class UnknownAccount(StoreError, NotThere, LookupError):
    """No account has this id."""

    def __str__(self) -> str:
        """Name it."""
        return f"there is no account {self.args[0]}"


class AccountInUse(StoreError, Conflict):
    """The account has subaccounts, or is the default one: it stays."""


class TooManyAdminKeys(StoreError, Conflict):
    """There is no room for more admin keys."""


class UnknownScenario(StoreError, NotThere, LookupError):
    """No scenario has this name."""

    def __str__(self) -> str:
        """Name it."""
        return f"there is no scenario {self.args[0]}"


class ScenarioStays(StoreError, Conflict):
    """The scenario ships with the server: it is neither changed nor removed."""


class TooManyScenarios(StoreError, Conflict):
    """There is no room for another scenario."""


class BadSubaccountId(StoreError, Unusable, ValueError):
    """A subaccount id is 3..50 of `A-Z a-z 0-9 - . _ &`."""


class BadAccountId(StoreError, Unusable, ValueError):
    """An account id is 3..50 of `A-Z a-z 0-9 - . _ &`."""


class NumberTaken(StoreError, Conflict, ValueError):
    """The virtual number belongs to another subaccount."""


class TooManyKeys(StoreError, Conflict):
    """A subaccount has no room for more API keys."""


class InventoryFull(StoreError, Conflict):
    """A subaccount has no room for more virtual numbers."""
