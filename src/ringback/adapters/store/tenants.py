"""Subaccounts on disk, with their caller IDs, webhooks and settings; and the names of voices."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store import encoding, grants, inventory
from ringback.adapters.store.cache import Cache
from ringback.adapters.store.errors import BadSubaccountId, UnknownAccount, UnknownSubaccount
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import accounts, caller_ids, subaccounts, voice_aliases, webhooks
from ringback.adapters.store.sealing import Seal, opened_secrets
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.writer import Writer
from ringback.domain.caller_ids import parse_caller_id
from ringback.domain.number import Number
from ringback.domain.scalars import ACCOUNT_ID
from ringback.domain.settings import Settings
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.ports import Subaccount, WebhookType
from ringback.service.signing import LIVE_SECRETS

ID: Final = re.compile(ACCOUNT_ID)

T = TypeVar("T")

_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")

_FIND = Statement(
    select(subaccounts.c.sub_account_id, subaccounts.c.settings, subaccounts.c.account_id).where(
        subaccounts.c.sub_account_id == _SUBACCOUNT
    )
)
_LIST = Statement(select(subaccounts.c.sub_account_id).order_by(subaccounts.c.sub_account_id))
_ADD = Statement(
    insert(subaccounts)
    .values(sub_account_id=_SUBACCOUNT, created=bindparam("at"), settings=b"{}", account_id=bindparam("of_account"))
    .on_conflict_do_nothing()
)
_HAS_ACCOUNT = Statement(select(accounts.c.account_id).where(accounts.c.account_id == bindparam("of_account")))
_REMOVE = Statement(delete(subaccounts).where(subaccounts.c.sub_account_id == _SUBACCOUNT))
_SET = Statement(
    update(subaccounts).where(subaccounts.c.sub_account_id == _SUBACCOUNT).values(settings=bindparam("written"))
)

_CALLER_IDS = Statement(
    select(caller_ids.c.digits).where(caller_ids.c.sub_account_id == _SUBACCOUNT).order_by(caller_ids.c.digits)
)
_ADD_CALLER_ID = Statement(
    insert(caller_ids).values(sub_account_id=_SUBACCOUNT, digits=bindparam("number")).on_conflict_do_nothing()
)
_REMOVE_CALLER_ID = Statement(
    delete(caller_ids).where(caller_ids.c.sub_account_id == _SUBACCOUNT, caller_ids.c.digits == bindparam("number"))
)

_w = webhooks.c
_WEBHOOKS = Statement(
    select(_w.type, _w.url, _w.authorization, _w.enabled, _w.secrets)
    .where(_w.sub_account_id == _SUBACCOUNT)
    .order_by(_w.type)
)
_PUT_WEBHOOK = Statement(
    insert(webhooks)
    .values(
        sub_account_id=_SUBACCOUNT,
        type=bindparam("of_type"),
        url=bindparam("to"),
        authorization=bindparam("secret"),
        enabled=bindparam("on"),
    )
    .on_conflict_do_update(
        index_elements=["sub_account_id", "type"],
        set_={"url": bindparam("to"), "authorization": bindparam("secret"), "enabled": bindparam("on")},
    )
)
_SECRETS = Statement(select(_w.secrets).where(_w.sub_account_id == _SUBACCOUNT, _w.type == bindparam("of_type")))
_PUT_SECRETS = Statement(
    update(webhooks)
    .where(_w.sub_account_id == _SUBACCOUNT, _w.type == bindparam("of_type"))
    .values(secrets=bindparam("written"))
)
_REMOVE_WEBHOOK = Statement(
    delete(webhooks)
    .where(_w.sub_account_id == _SUBACCOUNT, _w.type == bindparam("of_type"))
    .returning(_w.type, _w.url, _w.authorization, _w.enabled, _w.secrets)
)

_ALIASES = Statement(select(voice_aliases.c.alias, voice_aliases.c.voice).order_by(voice_aliases.c.alias))
_PUT_ALIAS = Statement(
    insert(voice_aliases)
    .values(alias=bindparam("name"), voice=bindparam("code"))
    .on_conflict_do_update(index_elements=["alias"], set_={"alias": bindparam("name"), "voice": bindparam("code")})
)
_REMOVE_ALIAS = Statement(delete(voice_aliases).where(voice_aliases.c.alias == bindparam("name")))


class TenantRows:
    """The subaccounts of `ringback.service.ports.Store`, and what `ringback admin` does to them."""

    _writer: Writer
    _readers: Readers
    _tenants: Cache[Subaccount]
    _seal: Seal

    # -- subaccounts

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant; may be as old as one second where another process changed it."""
        return await self._tenants.get(
            sub_account_id, lambda: self._readers.read(lambda connection: self._read(connection, sub_account_id))
        )

    async def add_subaccount(self, sub_account_id: str, account_id: str = DEFAULT_ACCOUNT) -> bool:
        """Add a subaccount; False if it is there already. Raises BadSubaccountId, UnknownAccount."""
        checked_id(sub_account_id)
        return await self._tell_tenants(lambda connection: _add(connection, sub_account_id, account_id))

    async def remove_subaccount(self, sub_account_id: str) -> bool:
        """Remove a subaccount with its keys, caller IDs, numbers and webhooks; its sessions stay. False: not there."""
        return await self._tell_tenants(
            lambda connection: _REMOVE.run(connection, of_subaccount=sub_account_id).rowcount > 0
        )

    async def list_subaccounts(self) -> Sequence[str]:
        """List the ids of all subaccounts."""
        return await self._readers.read(lambda connection: [name for (name,) in _LIST.run(connection)])

    async def change_settings(self, sub_account_id: str, changes: Mapping[str, object]) -> Settings:
        """Change some settings and give all; see `Settings.changed`. Raises UnknownSubaccount, BadSetting."""

        def work(connection: sqlite3.Connection) -> Settings:
            row = _FIND.run(connection, of_subaccount=sub_account_id).fetchone()
            if row is None:
                raise UnknownSubaccount(sub_account_id)
            settings = encoding.decode_settings(row[1]).changed(changes)
            _SET.run(connection, of_subaccount=sub_account_id, written=encoding.encode_settings(settings))
            return settings

        return await self._tell_tenants(work)

    # -- caller IDs

    async def add_caller_id(self, sub_account_id: str, msisdn: str) -> None:
        """Allow a caller ID, or a pattern such as `1555*`. Raises UnknownSubaccount, NotANumber, NotACallerId."""
        digits = parse_caller_id(msisdn)
        await self._tell_tenants(_of(sub_account_id, lambda connection: _allow(connection, sub_account_id, digits)))

    async def remove_caller_id(self, sub_account_id: str, msisdn: str) -> bool:
        """Allow a caller ID no longer; False if it was not allowed."""
        digits = msisdn.removeprefix("+")
        return await self._tell_tenants(
            lambda connection: (
                _REMOVE_CALLER_ID.run(connection, of_subaccount=sub_account_id, number=digits).rowcount > 0
            )
        )

    async def list_caller_ids(self, sub_account_id: str) -> Sequence[str]:
        """List the digits of the allowed caller IDs, and the patterns. Raises UnknownSubaccount."""
        return sorted((await self._fresh(sub_account_id)).caller_ids)

    # -- webhooks

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        """Add or replace the webhook of a type; the secrets of one that was there stay. Raises UnknownSubaccount.

        One for VNU is told all numbers at once.
        """
        await self._tell_tenants(
            _of(sub_account_id, lambda connection: self._hook(connection, sub_account_id, webhook))
        )

    async def rotate_secret(self, sub_account_id: str, type_: str, secret: str | None) -> bool:
        """Let a webhook's posts be signed with a secret, and with the one before it; None: signed no longer.

        False if there is no such webhook.
        """

        def work(connection: sqlite3.Connection) -> bool:
            row = _SECRETS.run(connection, of_subaccount=sub_account_id, of_type=type_).fetchone()
            if row is None:
                return False
            live = [] if secret is None else [secret, *opened_secrets(self._seal, row[0])][:LIVE_SECRETS]
            written = self._seal.close(" ".join(live)) if live else None
            _PUT_SECRETS.run(connection, of_subaccount=sub_account_id, of_type=type_, written=written)
            return True

        return await self._tell_tenants(work)

    async def delete_webhook(self, sub_account_id: str, type_: str) -> WebhookType | None:
        """Remove a webhook and give what it was."""

        def work(connection: sqlite3.Connection) -> WebhookType | None:
            rows = _REMOVE_WEBHOOK.run(connection, of_subaccount=sub_account_id, of_type=type_).fetchall()
            return self._webhook(rows[0]) if rows else None

        return await self._tell_tenants(work)

    async def list_webhooks(self, sub_account_id: str) -> Sequence[WebhookType]:
        """List the webhooks, disabled ones included. Raises UnknownSubaccount."""
        return list((await self._fresh(sub_account_id)).webhooks.values())

    # -- voices

    async def set_voice_alias(self, alias: str, voice: str) -> None:
        """Let a name stand for a voice, for every subaccount; names match without regard to case."""
        await self._writer.submit(lambda connection: _PUT_ALIAS.run(connection, name=alias, code=voice).rowcount)

    async def remove_voice_alias(self, alias: str) -> bool:
        """Remove a name of a voice; False if there is none such."""
        return await self._writer.submit(lambda connection: _REMOVE_ALIAS.run(connection, name=alias).rowcount > 0)

    async def list_voice_aliases(self) -> Mapping[str, str]:
        """Give the voice of each name."""
        return await self._readers.read(lambda connection: dict(_ALIASES.run(connection).fetchall()))

    # -- all at once

    async def _furnish(
        self,
        sub_account_id: str,
        callers: Iterable[str],
        numbers: Iterable[str],
        hooks: Iterable[WebhookType],
        account_id: str,
        then: Callable[[sqlite3.Connection], None],
    ) -> None:
        """Add what is missing of a subaccount, and do `then`, in one transaction."""
        checked_id(sub_account_id)
        callers = [parse_caller_id(caller) for caller in callers]
        numbers = [Number.parse(number).digits for number in numbers]
        hooks = list(hooks)

        def work(connection: sqlite3.Connection) -> None:
            _add(connection, sub_account_id, account_id)
            for digits in callers:
                _allow(connection, sub_account_id, digits)
            for digits in numbers:
                inventory.give(connection, sub_account_id, digits, {})
            for hook in hooks:
                self._hook(connection, sub_account_id, hook)
            then(connection)

        await self._tell_tenants(work)

    async def _tell_tenants(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Write, and let the next reading see it."""
        try:
            return await self._writer.submit(work)
        finally:
            self._tenants.clear()

    async def _fresh(self, sub_account_id: str) -> Subaccount:
        found = await self._readers.read(lambda connection: self._read(connection, sub_account_id))
        if found is None:
            raise UnknownSubaccount(sub_account_id)
        return found

    def _settings(self, connection: sqlite3.Connection, sub_account_id: str) -> Settings | None:
        row = _FIND.run(connection, of_subaccount=sub_account_id).fetchone()
        return None if row is None else encoding.decode_settings(row[1])

    def _hook_of(self, connection: sqlite3.Connection, sub_account_id: str, type_: str) -> WebhookType | None:
        hooks = map(self._webhook, _WEBHOOKS.run(connection, of_subaccount=sub_account_id))
        return next((hook for hook in hooks if hook.type == type_), None)

    def _hook(self, connection: sqlite3.Connection, sub_account_id: str, webhook: WebhookType) -> None:
        _PUT_WEBHOOK.run(
            connection,
            of_subaccount=sub_account_id,
            of_type=webhook.type,
            to=webhook.url,
            secret=None if webhook.authorization is None else self._seal.close(webhook.authorization),
            on=webhook.enabled,
        )
        if webhook.type == inventory.TOLD_BY:
            inventory.tell_all(connection, sub_account_id)

    def _webhook(self, row: tuple[Any, ...]) -> WebhookType:
        type_, url, authorization, enabled, secrets = row
        header = None if authorization is None else self._seal.open(authorization)
        return WebhookType(type_, url, header, bool(enabled), opened_secrets(self._seal, secrets))

    def _read(self, connection: sqlite3.Connection, sub_account_id: str) -> Subaccount | None:
        row = _FIND.run(connection, of_subaccount=sub_account_id).fetchone()
        if row is None:
            return None
        hooks = [self._webhook(hook) for hook in _WEBHOOKS.run(connection, of_subaccount=sub_account_id)]
        return Subaccount(
            sub_account_id=sub_account_id,
            caller_ids=frozenset(digits for (digits,) in _CALLER_IDS.run(connection, of_subaccount=sub_account_id)),
            numbers=inventory.references(connection, sub_account_id),
            webhooks={hook.type: hook for hook in hooks},
            scenarios=grants.granted(connection, sub_account_id),
            settings=encoding.decode_settings(row[1]),
            account_id=row[2],
        )


def checked_id(sub_account_id: str) -> str:
    """Give a subaccount id. Raises BadSubaccountId unless it is well formed."""
    if not ID.fullmatch(sub_account_id):
        message = "a subaccount id is 3..50 of A-Z a-z 0-9 - . _ &"
        raise BadSubaccountId(message)
    return sub_account_id


def require(connection: sqlite3.Connection, sub_account_id: str) -> None:
    """Raise UnknownSubaccount unless the subaccount exists."""
    if _FIND.run(connection, of_subaccount=sub_account_id).fetchone() is None:
        raise UnknownSubaccount(sub_account_id)


def _of(sub_account_id: str, work: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
    """Do a piece of work if the subaccount exists."""

    def checked(connection: sqlite3.Connection) -> T:
        require(connection, sub_account_id)
        return work(connection)

    return checked


def require_account(connection: sqlite3.Connection, account_id: str) -> None:
    """Raise UnknownAccount unless the account exists."""
    if _HAS_ACCOUNT.run(connection, of_account=account_id).fetchone() is None:
        raise UnknownAccount(account_id)


def _add(connection: sqlite3.Connection, sub_account_id: str, account_id: str) -> bool:
    require_account(connection, account_id)
    return _ADD.run(connection, of_subaccount=sub_account_id, of_account=account_id, at=time.time()).rowcount > 0


def _allow(connection: sqlite3.Connection, sub_account_id: str, digits: str) -> None:
    _ADD_CALLER_ID.run(connection, of_subaccount=sub_account_id, number=digits)
