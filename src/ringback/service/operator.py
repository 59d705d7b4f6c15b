"""An operator at work, by `ringback admin` or over `/admin/v1`: what may be changed, and that it is written down.

```
  admin command ──┐
                  ├── Operator ── note and change, in one transaction ── store
  /admin/v1 ──────┘
```
"""

import asyncio
import base64
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from ringback.domain.caller_ids import parse_caller_id
from ringback.domain.errors import Conflict, NotANumber, NotThere, Unusable
from ringback.domain.fallback import check_fallback
from ringback.domain.inventory import ImportRefused, InventoryNumber, NumberDetails
from ringback.domain.number import Number
from ringback.domain.numbering import NumberRange
from ringback.domain.push import PushTarget
from ringback.domain.rate import Rate
from ringback.domain.scenario import Scenario
from ringback.domain.scenario_check import parse_template
from ringback.domain.settings import Settings
from ringback.service import number_file, opt_out_file
from ringback.service.account_store import DEFAULT_ACCOUNT, Account, Tenant
from ringback.service.admin_keys import AdminKey, AdminScope, new_admin_key
from ringback.service.admin_store import AdminStore
from ringback.service.audit import MAX_RESOURCE, Actor, AuditEntry, AuditFilter, Note, Watched
from ringback.service.erasure import Erased, Eraser
from ringback.service.export_store import ExportJob
from ringback.service.key_store import ApiKey, hash_key, new_key_id
from ringback.service.keys import GRACE, IssuedKey, Keys
from ringback.service.opt_out_store import OptedOut
from ringback.service.ports import Clock, Subaccount, WebhookType
from ringback.service.push_store import WaitingPushes
from ringback.service.rulebook import Rulebook
from ringback.service.scenario_store import ListedScenario

SECRET_BYTES: Final = 32
"""Random bytes of a secret that signs webhook posts."""
MAX_ALIAS: Final = 100
"""Characters of a voice's other name, and of the voice's."""
_SECRET: Final = re.compile(r"(rba?_)[\w-]+")
"""How the secret of an API key or an admin key is written."""
_PUSH_TARGET: Final = "place that recordings are pushed to"
_REFUSALS: Final = (NotThere, Conflict, Unusable)

T = TypeVar("T")


class Operator:
    """Somebody who may change everything. Every method may raise NotThere, Conflict or Unusable: nothing changed then.

    What changes is seen by a running server within seconds.
    """

    def __init__(
        self,
        store: AdminStore,
        clock: Clock,
        actor: Actor,
        request_id: str,
        rulebook: Callable[[], Rulebook],
        eraser: Callable[[], Eraser],
    ) -> None:
        """`request_id`: of the request, or made up for a command: it is in the log beside what was done.

        `rulebook`: what callflows are held to; `eraser`: what removes sessions with their files. Both are made when
        they are needed.
        """
        self._eraser = eraser
        self._store = store
        self._keys = Keys(store, clock)
        self._clock = clock
        self._actor = actor
        self._request_id = request_id
        self._rulebook = rulebook

    # -- accounts

    async def accounts(self) -> Sequence[Account]:
        """List the accounts in the order of their ids."""
        return await self._store.list_accounts()

    async def add_account(self, account_id: str) -> bool:
        """Add an account; False if it is there already."""
        return await self._do("account.add", partial(self._store.add_account, account_id), account_id)

    async def remove_account(self, account_id: str) -> None:
        """Remove an account that has no subaccount."""
        gone = _there(partial(self._store.remove_account, account_id), f"account {account_id}")
        await self._do("account.remove", gone, account_id)

    # -- subaccounts

    async def bootstrap(
        self,
        sub_account_id: str,
        caller_ids: Iterable[str],
        numbers: Iterable[str],
        webhooks: Iterable[WebhookType],
        account_id: str = DEFAULT_ACCOUNT,
    ) -> str:
        """Make a subaccount ready and give a new API key for it; what is there already stays."""
        callers = [_caller_id(text) for text in caller_ids]
        digits = [_digits(text) for text in numbers]
        made = partial(self._store.bootstrap, sub_account_id, callers, digits, list(webhooks), account_id)
        return await self._do("bootstrap", made, sub_account_id, of=sub_account_id)

    async def subaccounts(self, account_id: str | None = None) -> Sequence[Tenant]:
        """List the subaccounts of an account, or of all, in the order of their ids."""
        return await self._store.list_tenants(account_id)

    async def subaccount(self, sub_account_id: str) -> Subaccount:
        """Read a subaccount; may be as old as one second."""
        return await _there(partial(self._store.subaccount, sub_account_id), f"subaccount {sub_account_id}")()

    async def has_subaccount(self, sub_account_id: str) -> bool:
        """Tell whether there is such a subaccount; may be as old as one second."""
        return await self._store.subaccount(sub_account_id) is not None

    async def add_subaccount(self, sub_account_id: str, account_id: str = DEFAULT_ACCOUNT) -> bool:
        """Add a subaccount; False if it is there already, in whatever account."""
        added = partial(self._store.add_subaccount, sub_account_id, account_id)
        return await self._do("subaccount.add", added, sub_account_id, of=sub_account_id)

    async def move_subaccount(self, sub_account_id: str, account_id: str) -> None:
        """Put a subaccount into another account."""
        moved = partial(self._store.move_subaccount, sub_account_id, account_id)
        await self._do("subaccount.move", moved, account_id, of=sub_account_id)

    async def remove_subaccount(self, sub_account_id: str) -> None:
        """Remove a subaccount with everything that is stored of it, sessions and their files too."""
        gone = partial(self._eraser().subaccount, sub_account_id)
        await self._do("subaccount.remove", gone, sub_account_id, of=sub_account_id)

    async def change_settings(
        self, sub_account_id: str, changes: Mapping[str, object], *, strict: bool = False
    ) -> Settings:
        """Change some settings and give all; None takes the default again, see `Settings.changed`."""
        given = Settings().changed(changes, strict=strict)
        if given.fallback_callflow is not None and (found := await self._store.subaccount(sub_account_id)) is not None:
            book = self._rulebook()
            book.refresh(await self._store.list_voice_aliases())
            check_fallback(given, book.rules(found), self._clock.now())
        changed = partial(self._store.change_settings, sub_account_id, changes)
        return await self._do("subaccount.set", changed, sub_account_id, of=sub_account_id, watched="settings")

    # -- erasing

    async def erase_session(self, session_id: str, sub_account_id: str | None = None) -> None:
        """Erase a session with all that is about it; `sub_account_id`: whose it must be, None: whoever's."""
        gone = partial(self._eraser().session, session_id, sub_account_id)
        await self._do("erase.session", gone, session_id, of=sub_account_id)

    async def erase_number(self, sub_account_id: str, number: str) -> Erased:
        """Erase every session of a subaccount that a number called, or was called by; the log does not name it."""

        async def gone() -> Erased:
            erased = await self._eraser().number(sub_account_id, number)
            if not erased.sessions and not erased.left:
                await self.subaccount(sub_account_id)  # nothing found is no news of a name that was written wrong
            return erased

        return await self._do("erase.number", gone, of=sub_account_id)

    # -- API keys

    async def keys(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the keys of a subaccount, or of all, the oldest first; revoked ones included."""
        return await self._keys.list(sub_account_id)

    async def key(self, key_id: str) -> ApiKey | None:
        """Read a key."""
        return await self._store.key(key_id)

    async def add_key(
        self, sub_account_id: str, name: str = "", scopes: Iterable[str] = (), expires: float | None = None
    ) -> IssuedKey:
        """Make a key and give it with its secret; see `Keys.create`."""
        key_id = new_key_id()
        made = partial(self._keys.create, sub_account_id, name, scopes, expires, key_id)
        return await self._do("key.add", made, key_id, of=sub_account_id)

    async def rotate_key(self, key_id: str, grace: float = GRACE, expires: float | None = None) -> IssuedKey:
        """Give a key another secret and give it with that; see `Keys.rotate`."""
        found = await self._store.key(key_id)
        rotated = _there(partial(self._keys.rotate, key_id, grace, expires), "such key that is valid")
        # what is not known may be a secret: it is not written down
        known, of = ("", None) if found is None else (key_id, found.sub_account_id)
        return await self._do("key.rotate", rotated, known, of=of)

    async def revoke_key(self, key: str) -> None:
        """Revoke a key, given its id or its secret."""
        found = await self._keys.find(key)
        key_id = "" if found is None else found.key_id  # as above
        revoked = _there(partial(self._keys.revoke, key_id), "such key that is not revoked")
        await self._do("key.revoke", revoked, key_id, of=None if found is None else found.sub_account_id)

    # -- caller IDs

    async def caller_ids(self, sub_account_id: str) -> Sequence[str]:
        """List the digits of the caller IDs, and the patterns, in order."""
        return await self._store.list_caller_ids(sub_account_id)

    async def add_caller_id(self, sub_account_id: str, text: str) -> str:
        """Allow a caller ID, or a pattern such as `1555*`, and give it as it is kept."""
        digits = _caller_id(text)
        added = partial(self._store.add_caller_id, sub_account_id, digits)
        await self._do("caller-id.add", added, f"+{digits}", of=sub_account_id)
        return digits

    async def remove_caller_id(self, sub_account_id: str, text: str) -> None:
        """Allow a caller ID no longer."""
        gone = _there(partial(self._store.remove_caller_id, sub_account_id, text), f"caller ID {text}")
        await self._do("caller-id.remove", gone, f"+{text.removeprefix('+')}", of=sub_account_id)

    # -- numbers

    async def numbers(self, sub_account_id: str) -> Sequence[InventoryNumber]:
        """List the virtual numbers with all that is known of them, in the order of their digits."""
        return await self._store.list_numbers(sub_account_id)

    async def number(self, sub_account_id: str, text: str) -> InventoryNumber:
        """Give a virtual number."""
        digits = text.removeprefix("+")
        for number in await self._store.list_numbers(sub_account_id):
            if number.msisdn == digits:
                return number
        message = f"there is no number {text}"
        raise NotThere(message)

    async def add_number(
        self, sub_account_id: str, text: str, details: Mapping[str, object] | None = None
    ) -> InventoryNumber:
        """Add a virtual number, or take it as it is there; `details`: what is said of it. Give it."""
        digits = _digits(text)
        NumberDetails().changed(details or {}, strict=True)
        added = partial(self._store.add_number, sub_account_id, digits, details)
        await self._do("number.add", added, f"+{digits}", of=sub_account_id)
        return await self.number(sub_account_id, digits)

    async def change_number(
        self, sub_account_id: str, text: str, changes: Mapping[str, object], *, strict: bool = False
    ) -> None:
        """Say something else of a virtual number; None says nothing, see `NumberDetails.changed`."""
        NumberDetails().changed(changes, strict=strict)
        changed = _there(partial(self._store.change_number, sub_account_id, text, changes), f"number {text}")
        await self._do("number.set", changed, f"+{text.removeprefix('+')}", of=sub_account_id, watched="number")

    async def import_numbers(self, sub_account_id: str, content: bytes) -> tuple[int, int]:
        """Add or change the virtual numbers of a CSV file, all or none; give how many changed, and how many it has."""
        lines = number_file.parse(content)
        details = {digits: line.details for digits, line in lines.items()}
        taken = partial(self._store.import_numbers, sub_account_id, details)
        try:
            changed = await self._do("number.import", taken, f"{len(lines)} numbers", of=sub_account_id)
        except ImportRefused as fault:
            raise number_file.FileRefused({lines[digits].line: why for digits, why in fault.faults.items()}) from None
        return changed, len(lines)

    async def remove_number(self, sub_account_id: str, text: str) -> None:
        """Take a virtual number away."""
        gone = _there(partial(self._store.remove_number, sub_account_id, text), f"number {text}")
        await self._do("number.remove", gone, f"+{text.removeprefix('+')}", of=sub_account_id)

    async def tell_numbers(self, sub_account_id: str) -> None:
        """Tell all virtual numbers to the VNU webhook."""
        told = _there(partial(self._store.tell_numbers, sub_account_id), "enabled VNU webhook")
        await self._do("number.snapshot", told, of=sub_account_id)

    # -- webhooks

    async def webhooks(self, sub_account_id: str) -> Sequence[WebhookType]:
        """List the webhooks, disabled ones included."""
        return await self._store.list_webhooks(sub_account_id)

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        """Add or replace the webhook of a type; the secrets of one that was there stay."""
        put = partial(self._store.set_webhook, sub_account_id, webhook)
        await self._do("webhook.add", put, webhook.type, of=sub_account_id, watched="webhook")

    async def remove_webhook(self, sub_account_id: str, type_: str) -> None:
        """Remove the webhook of a type."""
        gone = _there(partial(self._store.delete_webhook, sub_account_id, type_.upper()), f"webhook {type_}")
        await self._do("webhook.remove", gone, type_.upper(), of=sub_account_id)

    async def renew_secret(self, sub_account_id: str, type_: str) -> str:
        """Sign a webhook's posts with a new secret too, and give it: it is shown only now."""
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
        rotated = partial(self._store.rotate_secret, sub_account_id, type_.upper(), secret)
        await self._do("webhook.secret", _there(rotated, f"webhook {type_}"), type_.upper(), of=sub_account_id)
        return secret

    async def remove_secrets(self, sub_account_id: str, type_: str) -> None:
        """Sign a webhook's posts no longer."""
        gone = partial(self._store.rotate_secret, sub_account_id, type_.upper(), None)
        await self._do("webhook.unsign", _there(gone, f"webhook {type_}"), type_.upper(), of=sub_account_id)

    # -- where recordings are pushed to

    async def push_target(self, sub_account_id: str) -> tuple[PushTarget, WaitingPushes]:
        """Give where a subaccount lets its recordings be pushed to, and what waits to be."""
        there = _there(partial(self._store.push_target, sub_account_id), _PUSH_TARGET)
        return await there(), await self._store.waiting_pushes(sub_account_id)

    async def set_push_target(self, sub_account_id: str, target: PushTarget) -> None:
        """Let recordings be pushed somewhere; what waits goes there at once."""
        put = partial(self._store.set_push_target, sub_account_id, target, self._clock.now())
        await self._do("recording-push.set", put, target.host, of=sub_account_id)

    async def retry_pushes(self, sub_account_id: str) -> int:
        """Let recordings that could not be pushed in their time be pushed again, and give how many there are."""
        await self.push_target(sub_account_id)
        again = partial(self._store.retry_pushes, sub_account_id, self._clock.now())
        return await self._do("recording-push.retry", again, of=sub_account_id)

    async def remove_push_target(self, sub_account_id: str) -> None:
        """Let recordings be pushed no longer."""
        gone = _there(partial(self._store.remove_push_target, sub_account_id, self._clock.now()), _PUSH_TARGET)
        await self._do("recording-push.remove", gone, of=sub_account_id)

    # -- scenarios

    async def scenarios(self) -> Sequence[ListedScenario]:
        """List the scenarios in the order of their names, shipped ones included."""
        return await self._store.list_scenarios()

    async def scenario(self, name: str, version: int | None = None) -> Scenario:
        """Read a version of a scenario; None: the newest."""
        what = f"scenario {name}" if version is None else f"version {version} of a scenario {name}"
        return await _there(partial(self._store.scenario, name, version), what)()

    async def add_scenario(self, name: str, content: bytes) -> int:
        """Add a scenario, or a version of it, of the JSON of a template, and give the version.

        An equal template adds none.
        """
        template = parse_template(content)
        return await self._do(
            "scenario.add", partial(self._store.add_scenario, name, template, self._clock.now()), name
        )

    async def remove_scenario(self, name: str) -> None:
        """Remove a scenario with its versions and grants; sessions that wait with it run."""
        await self._do("scenario.remove", _there(partial(self._store.remove_scenario, name), f"scenario {name}"), name)

    async def grant_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Let a subaccount execute a scenario, None: every one; False: it might before."""
        granted = partial(self._store.grant_scenario, name, sub_account_id)
        return await self._do("scenario.grant", granted, name, of=sub_account_id)

    async def revoke_scenario(self, name: str, sub_account_id: str | None) -> None:
        """Take a grant back, that of a subaccount, or None: the one to all."""
        gone = _there(partial(self._store.revoke_scenario, name, sub_account_id), f"such grant of a scenario {name}")
        await self._do("scenario.revoke", gone, name, of=sub_account_id)

    # -- opt-outs

    async def opt_outs(self, sub_account_id: str, before: int | None = None, limit: int = 1000) -> Sequence[OptedOut]:
        """List numbers of the opt-out list, the newest first; `before`: the `place` of the last one seen."""
        await self.subaccount(sub_account_id)
        return await self._store.list_opt_outs(sub_account_id, before, limit)

    async def add_opt_out(self, sub_account_id: str, text: str) -> OptedOut:
        """Put a number on the opt-out list, and give it as it is there."""
        number = Number(_digits(text))
        added = partial(self._store.add_opt_out, sub_account_id, number, self._clock.now())
        return await self._do("optout.add", added, str(number), of=sub_account_id)

    async def import_opt_outs(self, sub_account_id: str, content: bytes) -> tuple[int, int]:
        """Put the numbers of a CSV file on the opt-out list, all or none.

        Give how many were not there, and how many it has.
        """
        # in a thread: to read fifty thousand numbers takes seconds
        numbers = await asyncio.to_thread(opt_out_file.parse, content)
        taken = partial(self._store.import_opt_outs, sub_account_id, numbers, self._clock.now())
        return await self._do("optout.import", taken, f"{len(numbers)} numbers", of=sub_account_id), len(numbers)

    async def remove_opt_out(self, sub_account_id: str, text: str) -> None:
        """Take a number off the opt-out list: it is called again."""
        number = Number(_digits(text))
        gone = _there(partial(self._store.remove_opt_out, sub_account_id, number), f"number {text} on the list")
        await self._do("optout.remove", gone, str(number), of=sub_account_id)

    # -- voices and exports

    async def voice_aliases(self) -> Mapping[str, str]:
        """Give the voice of each configured name."""
        return await self._store.list_voice_aliases()

    async def set_voice_alias(self, alias: str, voice: str) -> None:
        """Let a name stand for a voice; it need not be installed yet."""
        for name, text in (("alias", alias), ("voice", voice)):
            if not 1 <= len(text) <= MAX_ALIAS or not text.isprintable():
                message = f"{name}: should be 1..{MAX_ALIAS} printable characters"
                raise Unusable(message)
        await self._do("voice-alias.add", partial(self._store.set_voice_alias, alias, voice), alias)

    async def remove_voice_alias(self, alias: str) -> None:
        """Let a name stand for a voice no longer."""
        gone = _there(partial(self._store.remove_voice_alias, alias), f"configured voice alias {alias}")
        await self._do("voice-alias.remove", gone, alias)

    async def rates(self) -> Sequence[Rate]:
        """List the price list, by direction and prefix."""
        return await self._store.rates()

    async def replace_rates(self, rates: Sequence[Rate]) -> None:
        """Put another price list in the place of the one that is there."""
        await self._do("rate.import", partial(self._store.replace_rates, rates), f"{len(rates)} rates")

    async def numbering(self) -> Sequence[NumberRange]:
        """List the number ranges, by prefix."""
        return await self._store.numbering()

    async def replace_numbering(self, ranges: Sequence[NumberRange]) -> None:
        """Put other number ranges in the place of those that are there."""
        await self._do("numbering.import", partial(self._store.replace_numbering, ranges), f"{len(ranges)} ranges")

    async def exports(self, limit: int) -> Sequence[ExportJob]:
        """List the exports of all subaccounts, the newest first."""
        return await self._store.list_exports(limit)

    # -- admin keys

    async def admin_keys(self) -> Sequence[AdminKey]:
        """List the admin keys, the oldest first; revoked ones included."""
        return await self._store.list_admin_keys()

    async def add_admin_key(self, name: str, scope: AdminScope, expires: float | None = None) -> str:
        """Make an admin key and give its secret, this once; `expires`: seconds since the epoch."""
        key, secret = new_admin_key(name, scope, self._clock.now(), expires)
        added = partial(self._store.add_admin_key, key, hash_key(secret))
        await self._do("admin-key.add", added, f"{key.key_id} {name} {scope}")
        return secret

    async def revoke_admin_key(self, key_id: str) -> None:
        """Revoke an admin key: it opens nothing any more."""
        gone = partial(self._store.revoke_admin_key, key_id, self._clock.now())
        await self._do("admin-key.revoke", _there(gone, f"admin key {key_id} that is not revoked"), key_id)

    # -- the log

    async def note_refusal(self, request: str) -> None:
        """Note a request that this operator's key may not send; `request`: its method and path.

        Of a secret where the id of a key should be, only the beginning is kept.
        """
        await self._store.note(self._note("request", _SECRET.sub(r"\1…", request)), "REFUSED")

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        """List what was done, the newest first."""
        return await self._store.audit(wanted)

    async def _do(
        self,
        action: str,
        change: Callable[[], Awaitable[T]],
        resource: str = "",
        *,
        of: str | None = None,
        watched: Watched | None = None,
    ) -> T:
        """Make a change and note it, or note that it was refused. `of`: the subaccount whose it is."""
        note = self._note(action, resource, of, watched)
        try:
            return await self._store.audited(note, change)
        except _REFUSALS:
            await self._store.note(note, "REFUSED")
            raise

    def _note(self, action: str, resource: str, of: str | None = None, watched: Watched | None = None) -> Note:
        return Note(
            at=self._clock.now(),
            actor=self._actor,
            request_id=self._request_id,
            action=action,
            resource=resource[:MAX_RESOURCE],
            sub_account_id=of and of[:MAX_RESOURCE],
            watched=watched,
        )


def _there(change: Callable[[], Awaitable[T | None]], what: str) -> Callable[[], Awaitable[T]]:
    """Make a change that raises NotThere where it gives nothing: there was no such thing."""

    async def checked() -> T:
        found = await change()
        if not found:
            message = f"there is no {what}"
            raise NotThere(message)
        return found

    return checked


def _caller_id(text: str) -> str:
    try:
        return parse_caller_id(text)
    except NotANumber:
        message = f"callerId: {text[:MAX_RESOURCE]!r} is no number in E.164, nor 1..14 digits and one `*`"
        raise Unusable(message) from None


def _digits(text: str) -> str:
    try:
        return Number.parse(text).digits
    except NotANumber:
        message = f"msisdn: {text[:MAX_RESOURCE]!r} is no number in E.164"
        raise Unusable(message) from None
