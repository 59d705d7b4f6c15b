"""What every store must do: accounts, and the audit log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make

from ringback.adapters.store import AccountInUse, BadAccountId, NumberTaken, UnknownAccount, UnknownSubaccount
from ringback.adapters.store.errors import TooManyAdminKeys
from ringback.service.account_store import Tenant
from ringback.service.admin_keys import MAX_KEYS, new_admin_key
from ringback.service.audit import CLI, Actor, AuditFilter, Note
from ringback.service.key_store import hash_key
from ringback.service.ports import WebhookType

VSS = WebhookType("VSS", "http://127.0.0.1/vss", "Basic YTpi")
OPS = Actor("0123456789abcdef", "ops")


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


def note(action: str = "caller-id.add", resource: str = "", **more: object) -> Note:
    said = Note(at=NOW, actor=OPS, request_id="r1", action=action, resource=resource, sub_account_id="acme")
    return msgspec.structs.replace(said, **more)


async def log(store: AnyStore) -> list[tuple[str, str, tuple[str, ...]]]:
    """Give action, outcome and fields of every entry, the oldest first."""
    return [(each.note.action, each.outcome, each.fields) for each in (await store.audit(AuditFilter()))[::-1]]


async def members(store: AnyStore, account_id: str | None = None) -> list[tuple[str, str]]:
    return [(each.sub_account_id, each.account_id) for each in await store.list_tenants(account_id)]


async def test_the_default_account_is_there_and_stays(store: AnyStore) -> None:
    (account,) = await store.list_accounts()
    assert (account.account_id, account.subaccounts) == ("default", 0)
    assert account.created > 1_700_000_000
    with pytest.raises(AccountInUse, match="stays"):
        await store.remove_account("default")


async def test_an_account_groups_subaccounts_and_is_removed_when_it_has_none(store: AnyStore) -> None:
    assert await store.add_account("sales")
    assert not await store.add_account("sales")
    await store.add_subaccount("acme")
    await store.add_subaccount("beta", "sales")
    await store.bootstrap("gamma", [], [], [], "sales")
    assert await members(store) == [("acme", "default"), ("beta", "sales"), ("gamma", "sales")]
    assert await members(store, "sales") == [("beta", "sales"), ("gamma", "sales")]
    assert await members(store, "nothing") == []
    assert [(each.account_id, each.subaccounts) for each in await store.list_accounts()] == [
        ("default", 1),
        ("sales", 2),
    ]
    with pytest.raises(AccountInUse, match="has subaccounts"):
        await store.remove_account("sales")
    await store.move_subaccount("beta", "default")
    await store.remove_subaccount("gamma")
    assert await store.remove_account("sales")
    assert not await store.remove_account("sales")


async def test_a_subaccount_is_read_with_its_account(store: AnyStore) -> None:
    await store.add_account("sales")
    await store.add_subaccount("acme")
    await store.move_subaccount("acme", "sales")
    acme = await store.subaccount("acme")
    assert acme is not None
    assert acme.account_id == "sales"
    await store.bootstrap("acme", [], [], [])
    (listed,) = await store.list_tenants()
    assert listed == Tenant(sub_account_id="acme", account_id="sales", created=listed.created)


async def test_an_account_that_is_not_there_takes_nobody(store: AnyStore) -> None:
    await store.add_subaccount("acme")
    for refused in (
        store.add_subaccount("beta", "sales"),
        store.bootstrap("beta", [], [], [], "sales"),
        store.move_subaccount("acme", "sales"),
    ):
        with pytest.raises(UnknownAccount, match="no account sales"):
            await refused
    with pytest.raises(UnknownSubaccount):
        await store.move_subaccount("nobody", "default")
    assert await members(store) == [("acme", "default")]


@pytest.mark.parametrize("name", ["ab", "x" * 51, "a b", "sales\n", "ü-umlaut", ""])
async def test_an_ill_formed_account_id_is_refused(store: AnyStore, name: str) -> None:
    with pytest.raises(BadAccountId):
        await store.add_account(name)


# -- admin keys


async def test_an_admin_key_is_found_by_its_secret_and_listed_without_it(store: AnyStore) -> None:
    first, secret = new_admin_key("ops", "write", NOW, None)
    second, _ = new_admin_key("watch", "read", NOW + 1, NOW + 60)
    await store.add_admin_key(second, "other hash")
    await store.add_admin_key(first, hash_key(secret))
    assert secret.startswith("rba_")
    assert await store.list_admin_keys() == [first, second]
    assert await store.admin_key(hash_key(secret)) == first
    assert await store.admin_key("nothing") is None
    assert await store.authenticate(hash_key(secret)) is None
    await store.note_admin_key_used(first.key_id, NOW + 5)
    assert await store.revoke_admin_key(first.key_id, NOW + 6)
    assert not await store.revoke_admin_key(first.key_id, NOW + 7)
    assert not await store.revoke_admin_key("nothing", NOW + 7)
    (listed, _) = await store.list_admin_keys()
    assert listed == msgspec.structs.replace(first, last_used=NOW + 5, revoked=NOW + 6)
    assert await store.admin_key(hash_key(secret)) == listed


async def test_there_is_room_for_so_many_admin_keys_in_use(store: AnyStore) -> None:
    for number in range(MAX_KEYS):
        key, _ = new_admin_key("ops", "read", NOW, NOW + 60 if number else None)
        await store.add_admin_key(key, str(number))
    another, _ = new_admin_key("ops", "read", NOW + 59, None)
    with pytest.raises(TooManyAdminKeys):
        await store.add_admin_key(another, "hash")
    later, _ = new_admin_key("ops", "read", NOW + 60, None)
    await store.add_admin_key(later, "hash")


# -- the audit log


async def test_a_change_is_noted_with_who_and_what(store: AnyStore) -> None:
    await store.add_subaccount("acme")
    said = note(resource="+15550100100")
    await store.audited(said, lambda: store.add_caller_id("acme", "15550100100"))
    (entry,) = await store.audit(AuditFilter())
    assert (entry.note, entry.outcome, entry.fields) == (said, "DONE", ())


async def test_what_was_so_before_is_unchanged(store: AnyStore) -> None:
    await store.bootstrap("acme", ["15550100100"], ["4930123456"], [VSS])
    for unchanged in (
        lambda: store.add_caller_id("acme", "15550100100"),
        lambda: store.add_number("acme", "4930123456"),
        lambda: store.remove_caller_id("acme", "15550100101"),
        lambda: store.move_subaccount("acme", "default"),
        lambda: store.add_account("default"),
        lambda: store.list_caller_ids("acme"),
    ):
        await store.audited(note(), unchanged)
    assert {outcome for _, outcome, _ in await log(store)} == {"UNCHANGED"}


async def test_every_kind_of_change_is_one(store: AnyStore) -> None:
    changes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.add_account("sales"),
        lambda: store.bootstrap("acme", ["15550100100"], ["4930123456"], [VSS]),
        lambda: store.move_subaccount("acme", "sales"),
        lambda: store.create_key("acme"),
        lambda: store.rotate_secret("acme", "VSS", "whsec_YQ=="),
        lambda: store.set_voice_alias("Ann", "en-US-Heart"),
        lambda: store.remove_voice_alias("ann"),
        lambda: store.remove_number("acme", "4930123456"),
        lambda: store.import_numbers("acme", {"4930123456": {}}),
        lambda: store.delete_webhook("acme", "VSS"),
        lambda: store.remove_subaccount("acme"),
        lambda: store.remove_account("sales"),
    ]
    for number, change in enumerate(changes):
        await store.audited(note(f"change-{number}"), change)
    assert await log(store) == [(f"change-{number}", "DONE", ()) for number in range(len(changes))]


async def test_a_change_that_fails_is_not_noted_and_can_be_noted_as_refused(store: AnyStore) -> None:
    await store.bootstrap("acme", [], ["4930123456"], [])
    await store.add_subaccount("beta")
    with pytest.raises(NumberTaken):
        await store.audited(note(), lambda: store.add_number("beta", "4930123456"))
    assert await log(store) == []
    await store.note(note("number.add"), "REFUSED")
    assert await log(store) == [("number.add", "REFUSED", ())]


async def test_the_names_of_fields_that_change_are_noted_and_never_their_values(store: AnyStore) -> None:
    await store.bootstrap("acme", [], ["4930123456"], [])
    settings = note("subaccount.set", watched="settings")
    for given in ({"noOfTries": 2, "legKeys": "CallA"}, {"noOfTries": 2, "legKeys": None}, {"noOfTries": 2}):
        await store.audited(settings, lambda given=given: store.change_settings("acme", given))  # type: ignore[misc]  # a default
    number = note("number.set", "+4930123456", watched="number")
    await store.audited(number, lambda: store.change_number("acme", "4930123456", {"trunk": "x", "rentalPrice": 5}))
    await store.audited(number, lambda: store.change_number("acme", "4930123456", {"trunk": "x"}))
    hook = note("webhook.add", "VSS", watched="webhook")
    await store.audited(hook, lambda: store.set_webhook("acme", VSS))
    await store.audited(hook, lambda: store.set_webhook("acme", VSS))
    changed = msgspec.structs.replace(VSS, authorization="Bearer hush", enabled=False)
    await store.audited(hook, lambda: store.set_webhook("acme", changed))
    assert await log(store) == [
        ("subaccount.set", "DONE", ("legKeys", "noOfTries")),
        ("subaccount.set", "DONE", ("legKeys",)),
        ("subaccount.set", "UNCHANGED", ()),
        ("number.set", "DONE", ("rentalPrice", "trunk")),
        ("number.set", "UNCHANGED", ()),
        ("webhook.add", "DONE", ("enabled", "httpAuthHeader", "url")),
        ("webhook.add", "UNCHANGED", ()),
        ("webhook.add", "DONE", ("enabled", "httpAuthHeader")),
    ]


async def test_what_is_changed_beside_an_audited_change_is_not_noted(store: AnyStore) -> None:
    await store.add_subaccount("acme")
    await store.audited(note("key.add"), lambda: store.create_key("acme"))
    await store.create_key("acme")
    assert len(await log(store)) == 1


async def test_the_log_is_read_in_pages_that_stay_right_while_it_grows(store: AnyStore) -> None:
    for number in range(5):
        await store.note(note(resource=str(number), at=NOW + number), "REFUSED")
    first = await store.audit(AuditFilter(limit=2))
    await store.note(note(resource="new", at=NOW + 9), "REFUSED")
    second = await store.audit(AuditFilter(limit=2, before=first[-1].place))
    third = await store.audit(AuditFilter(limit=2, before=second[-1].place))
    assert [each.note.resource for each in (*first, *second, *third)] == ["4", "3", "2", "1", "0"]


async def test_the_log_is_asked_for_a_subaccount_an_action_and_a_time(store: AnyStore) -> None:
    cli = Actor(CLI, "root")
    await store.note(note("key.add", at=NOW), "REFUSED")
    await store.note(note("key.add", at=NOW + 1, sub_account_id="beta", actor=cli), "REFUSED")
    await store.note(note("key.remove", at=NOW + 2), "REFUSED")
    await store.note(note("rate.import", at=NOW + 3, sub_account_id=None), "REFUSED")

    async def found(**wanted: object) -> list[float]:
        filter_ = msgspec.structs.replace(AuditFilter(), **wanted)
        return [each.note.at - NOW for each in await store.audit(filter_)]

    assert await found() == [3, 2, 1, 0]
    assert await found(sub_account_id="acme") == [2, 0]
    assert await found(action="key.add") == [1, 0]
    assert await found(action="key.add", sub_account_id="beta") == [1]
    assert await found(since=NOW + 1, until=NOW + 3) == [2, 1]
    assert await found(sub_account_id="nobody") == []
    (entry,) = await store.audit(AuditFilter(sub_account_id="beta"))
    assert entry.note.actor == cli


async def test_old_entries_are_forgotten_some_at_a_time(store: AnyStore) -> None:
    for number in range(5):
        await store.note(note(at=NOW + number), "REFUSED")
    assert await store.forget_audit(NOW + 3, 2) == 2
    assert await store.forget_audit(NOW + 3, 2) == 1
    assert await store.forget_audit(NOW + 3, 2) == 0
    assert [each.note.at - NOW for each in await store.audit(AuditFilter())] == [4, 3]
