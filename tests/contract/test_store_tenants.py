"""What every store must do: the tenants."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.stores import KINDS, AnyStore, make

from ringback.adapters.store import (
    BadSubaccountId,
    NumberTaken,
    UnknownSubaccount,
)
from ringback.domain.errors import NotACallerId, NotANumber
from ringback.domain.settings import BadSetting, Settings
from ringback.service.key_store import hash_key
from ringback.service.ports import Subaccount, WebhookType

VSS = WebhookType("VSS", "http://127.0.0.1/vss", "Basic YTpi")
VCA = WebhookType("VCA", "http://127.0.0.1/vca", enabled=False)


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


async def test_a_subaccount_is_read_as_it_was_furnished(store: AnyStore) -> None:
    assert await store.subaccount("acme") is None
    assert await store.add_subaccount("acme")
    assert not await store.add_subaccount("acme")
    assert await store.subaccount("acme") == Subaccount("acme")
    await store.add_caller_id("acme", "+15550100100")
    await store.add_caller_id("acme", "15550100100")
    number = await store.add_number("acme", "+4930123456")
    assert await store.add_number("acme", "4930123456") == number
    for hook in (VSS, VCA):
        await store.set_webhook("acme", hook)
    await store.change_settings("acme", {"noOfTries": 1, "legKeys": "CallA"})
    await store.change_settings("acme", {"overallTimeout": "5000", "legKeys": None})
    assert await store.subaccount("acme") == Subaccount(
        "acme",
        caller_ids=frozenset({"15550100100"}),
        numbers={"4930123456": number},
        webhooks={"VSS": VSS, "VCA": VCA},
        settings=Settings(no_of_tries=1, overall_timeout=5000),
    )
    assert await store.list_caller_ids("acme") == ["15550100100"]
    (listed,) = await store.list_numbers("acme")
    assert (listed.msisdn, listed.details.reference_id) == (number.msisdn, number.reference_id)
    assert await store.list_webhooks("acme") == [VCA, VSS]


async def test_a_caller_id_may_be_a_pattern(store: AnyStore) -> None:
    await store.bootstrap("acme", ["+1555*"], [], [])
    await store.add_caller_id("acme", "49*")
    with pytest.raises(NotACallerId):
        await store.add_caller_id("acme", "1*555")
    assert await store.list_caller_ids("acme") == ["1555*", "49*"]
    assert await store.remove_caller_id("acme", "+49*")
    acme = await store.subaccount("acme")
    assert acme is not None
    assert acme.caller_ids == {"1555*"}


async def test_a_webhook_is_signed_with_its_two_newest_secrets_until_they_are_removed(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [VSS])
    assert not await store.rotate_secret("acme", "VCA", "whsec_YQ==")
    assert not await store.rotate_secret("nobody", "VSS", "whsec_YQ==")
    for secret in ("whsec_YQ==", "whsec_Yg==", "whsec_Yw=="):
        assert await store.rotate_secret("acme", "VSS", secret)
    await store.set_webhook("acme", VSS)
    (listed,) = await store.list_webhooks("acme")
    assert listed.secrets == ("whsec_Yw==", "whsec_Yg==")
    assert await store.rotate_secret("acme", "VSS", None)
    assert await store.list_webhooks("acme") == [VSS]


async def test_what_is_removed_is_gone_at_once(store: AnyStore) -> None:
    await store.bootstrap("acme", ["15550100100"], ["4930123456"], [VSS])
    assert await store.subaccount("acme") is not None
    assert await store.delete_webhook("acme", "VSS") == VSS
    assert await store.delete_webhook("acme", "VSS") is None
    assert await store.remove_caller_id("acme", "+15550100100")
    assert not await store.remove_caller_id("acme", "+15550100100")
    assert await store.remove_number("acme", "4930123456")
    assert not await store.remove_number("acme", "4930123456")
    assert await store.subaccount("acme") == Subaccount("acme")


async def test_a_removed_subaccount_takes_its_keys_with_it(store: AnyStore) -> None:
    key = await store.bootstrap("acme", ["15550100100"], ["4930123456"], [VSS])
    assert await store.authenticate(hash_key(key)) is not None
    assert await store.subaccount("acme") is not None
    assert await store.remove_subaccount("acme")
    assert not await store.remove_subaccount("acme")
    assert await store.authenticate(hash_key(key)) is None
    assert await store.subaccount("acme") is None
    assert await store.list_keys() == []
    await store.add_subaccount("beta")
    await store.add_number("beta", "4930123456")


async def test_bootstrap_again_keeps_what_is_there_and_gives_a_new_key(store: AnyStore) -> None:
    first = await store.bootstrap("acme", ["15550100100"], ["4930123456"], [VSS])
    (number,) = await store.list_numbers("acme")
    moved = WebhookType("VSS", "http://127.0.0.1/moved")
    second = await store.bootstrap("acme", ["15550100100", "+15550100101"], ["4930123456"], [moved])
    assert first != second
    for key in (first, second):
        grant = await store.authenticate(hash_key(key))
        assert grant is not None
        assert grant.sub_account_id == "acme"
    assert await store.list_subaccounts() == ["acme"]
    assert await store.list_numbers("acme") == [number]
    assert await store.list_caller_ids("acme") == ["15550100100", "15550100101"]
    assert await store.list_webhooks("acme") == [moved]


async def test_a_bootstrap_that_fails_leaves_nothing_behind(store: AnyStore) -> None:
    await store.bootstrap("beta", [], ["4930123456"], [])
    with pytest.raises(NumberTaken):
        await store.bootstrap("acme", ["15550100100"], ["4930123456"], [])
    with pytest.raises(NotANumber):
        await store.bootstrap("acme", ["not a number"], [], [])
    with pytest.raises(BadSubaccountId):
        await store.bootstrap("a b c", [], [], [])
    assert await store.list_subaccounts() == ["beta"]
    assert len(await store.list_keys()) == 1


async def test_a_number_belongs_to_one_subaccount(store: AnyStore) -> None:
    for name in ("acme", "beta"):
        await store.add_subaccount(name)
    await store.add_number("acme", "4930123456")
    with pytest.raises(NumberTaken):
        await store.add_number("beta", "4930123456")
    assert await store.list_numbers("beta") == []


async def test_an_unknown_subaccount_is_said(store: AnyStore) -> None:
    with pytest.raises(UnknownSubaccount):
        await store.create_key("nobody")
    with pytest.raises(UnknownSubaccount):
        await store.set_webhook("nobody", VSS)
    with pytest.raises(UnknownSubaccount):
        await store.add_caller_id("nobody", "15550100100")
    with pytest.raises(UnknownSubaccount):
        await store.add_number("nobody", "15550100100")
    with pytest.raises(UnknownSubaccount):
        await store.change_settings("nobody", {})
    with pytest.raises(UnknownSubaccount):
        await store.list_webhooks("nobody")
    assert await store.delete_webhook("nobody", "VSS") is None


@pytest.mark.parametrize("name", ["ab", "x" * 51, "a b", "acme\n", "ü-umlaut", ""])
async def test_an_ill_formed_subaccount_id_is_refused(store: AnyStore, name: str) -> None:
    with pytest.raises(BadSubaccountId):
        await store.add_subaccount(name)


@pytest.mark.parametrize(
    "changes",
    [{"tries": 1}, {"noOfTries": 0}, {"noOfTries": "11"}, {"maxDigits": True}, {"legKeys": "A"}, {"maxDigits": "many"}],
)
async def test_a_setting_that_cannot_be_is_refused(store: AnyStore, changes: dict[str, object]) -> None:
    await store.add_subaccount("acme")
    with pytest.raises(BadSetting):
        await store.change_settings("acme", changes)
    assert await store.subaccount("acme") == Subaccount("acme")


async def test_voice_aliases_match_without_regard_to_case(store: AnyStore) -> None:
    await store.set_voice_alias("en-US-Ann", "en-US-Heart")
    await store.set_voice_alias("EN-US-ANN", "en-US-Kore")
    assert await store.list_voice_aliases() == {"EN-US-ANN": "en-US-Kore"}
    assert await store.remove_voice_alias("en-us-ann")
    assert not await store.remove_voice_alias("en-us-ann")
    assert await store.list_voice_aliases() == {}
