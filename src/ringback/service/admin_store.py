"""What an operator needs of the store: to change whatever a server works with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ringback.domain.inventory import InventoryNumber
from ringback.domain.numbering import NumberRange
from ringback.domain.rate import Rate
from ringback.domain.settings import Settings
from ringback.service.account_store import DEFAULT_ACCOUNT, AccountStore
from ringback.service.admin_keys import AdminKeyStore
from ringback.service.audit import AuditStore
from ringback.service.export_store import ExportJob
from ringback.service.key_store import KeyStore
from ringback.service.opt_out_store import OptOutStore
from ringback.service.ports import Subaccount, VirtualNumber, WebhookType
from ringback.service.push_store import PushStore
from ringback.service.scenario_store import ScenarioStore


class AdminStore(AccountStore, AdminKeyStore, AuditStore, KeyStore, PushStore, ScenarioStore, OptOutStore, Protocol):
    """What operators change. Every method that writes returns after its COMMIT; what it raises is in `domain.errors`.

    Ids that are ill formed are Unusable, subaccounts and accounts that are not there NotThere.
    """

    # -- subaccounts
    async def add_subaccount(self, sub_account_id: str, account_id: str = DEFAULT_ACCOUNT) -> bool:
        """Add a subaccount; False if it is there already."""

    async def remove_subaccount(self, sub_account_id: str) -> bool:
        """Remove a subaccount with its keys, caller IDs, numbers and webhooks; its sessions stay. False: not there."""

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant; may be as old as one second."""

    async def change_settings(self, sub_account_id: str, changes: Mapping[str, object]) -> Settings:
        """Change some settings and give all; see `Settings.changed`."""

    async def bootstrap(
        self,
        sub_account_id: str,
        caller_ids: Iterable[str],
        numbers: Iterable[str],
        webhooks: Iterable[WebhookType],
        account_id: str = DEFAULT_ACCOUNT,
    ) -> str:
        """Make a subaccount ready, in one transaction, and give a new API key for it; what is there stays."""

    # -- caller IDs
    async def list_caller_ids(self, sub_account_id: str) -> Sequence[str]:
        """List the digits of the allowed caller IDs, and the patterns, in order."""

    async def add_caller_id(self, sub_account_id: str, msisdn: str) -> None:
        """Allow a caller ID, or a pattern such as `1555*`."""

    async def remove_caller_id(self, sub_account_id: str, msisdn: str) -> bool:
        """Allow a caller ID no longer; False if it was not allowed."""

    # -- numbers
    async def list_numbers(self, sub_account_id: str) -> Sequence[InventoryNumber]:
        """List the virtual numbers with all that is known of them, in the order of their digits."""

    async def add_number(
        self, sub_account_id: str, msisdn: str, details: Mapping[str, object] | None = None
    ) -> VirtualNumber:
        """Add a virtual number, or give it as it is there; `details`: what is said of it."""

    async def change_number(self, sub_account_id: str, msisdn: str, changes: Mapping[str, object]) -> bool:
        """Change what is said of a virtual number; False if the subaccount has none such."""

    async def import_numbers(self, sub_account_id: str, numbers: Mapping[str, Mapping[str, object]]) -> int:
        """Add or change virtual numbers, all or none, and give how many of them that changed."""

    async def remove_number(self, sub_account_id: str, msisdn: str) -> bool:
        """Remove a virtual number; False if the subaccount has none such."""

    async def tell_numbers(self, sub_account_id: str) -> bool:
        """Tell all numbers to the VNU webhook; False where none is enabled."""

    # -- webhooks
    async def list_webhooks(self, sub_account_id: str) -> Sequence[WebhookType]:
        """List the webhooks, disabled ones included."""

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        """Add or replace the webhook of a type; the secrets of one that was there stay."""

    async def rotate_secret(self, sub_account_id: str, type_: str, secret: str | None) -> bool:
        """Let a webhook's posts be signed with a secret, and with the one before it; None: signed no longer.

        False if there is no such webhook.
        """

    async def delete_webhook(self, sub_account_id: str, type_: str) -> WebhookType | None:
        """Remove a webhook and give what it was."""

    # -- voices and exports
    async def list_voice_aliases(self) -> Mapping[str, str]:
        """Give the voice of each name."""

    async def set_voice_alias(self, alias: str, voice: str) -> None:
        """Let a name stand for a voice, for every subaccount; names match without regard to case."""

    async def remove_voice_alias(self, alias: str) -> bool:
        """Remove a name of a voice; False if there is none such."""

    async def list_exports(self, limit: int) -> Sequence[ExportJob]:
        """List the jobs of all subaccounts, the newest first."""

    async def rates(self) -> Sequence[Rate]:
        """List the price list, by direction and prefix."""

    async def replace_rates(self, rates: Sequence[Rate]) -> None:
        """Put another price list in the place of the one that is there."""

    async def numbering(self) -> Sequence[NumberRange]:
        """List the number ranges, by prefix."""

    async def replace_numbering(self, ranges: Sequence[NumberRange]) -> None:
        """Put other number ranges in the place of those that are there."""
