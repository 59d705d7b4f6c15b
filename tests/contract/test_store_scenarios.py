"""What every store must do: scenarios, their grants, and the opt-out lists."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, new
from tests.unit.domain.templates import ASK, CALL, SAY, template

from ringback.adapters.store import UnknownSubaccount
from ringback.adapters.store.errors import ScenarioStays, TooManyScenarios, UnknownScenario
from ringback.domain.callflow import Callflow, Execution, OptOut, SayAndCapture
from ringback.domain.number import Number
from ringback.domain.scenario import BadScenario, Scenario
from ringback.domain.scenario_check import parse_template
from ringback.domain.shipped import SHIPPED, VOICE_MESSAGE_OPTOUT
from ringback.service.scenario_store import MAX_SCENARIOS, MAX_VERSIONS

FIRST = parse_template(template(CALL, SAY))
SECOND = parse_template(template(CALL, SAY, ASK, age={"type": "integer", "minimum": 1, "default": 3}))
ANN = Number("442083661177")


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    for name in ("acme", "beta"):
        await made.add_subaccount(name)
    yield made
    await made.close()


async def granted(store: AnyStore, sub_account_id: str = "acme") -> dict[str, int]:
    """Give the versions of the scenarios that a subaccount may execute."""
    found = await store.subaccount(sub_account_id)
    assert found is not None
    return {name: scenario.version for name, scenario in found.scenarios.items()}


# -- scenarios


async def test_every_change_of_a_template_is_a_version(store: AnyStore) -> None:
    assert await store.add_scenario("hello", FIRST, NOW) == 1
    assert await store.add_scenario("hello", FIRST, NOW + 1) == 1
    assert await store.add_scenario("hello", SECOND, NOW + 2) == 2
    assert await store.add_scenario("hello", FIRST, NOW + 3) == 3
    assert await store.scenario("hello") == Scenario("hello", 3, FIRST)
    assert await store.scenario("hello", 2) == Scenario("hello", 2, SECOND)
    assert await store.scenario("hello", 4) is None
    assert await store.scenario("Hello") is None


async def test_old_versions_make_room(store: AnyStore) -> None:
    for number in range(MAX_VERSIONS + 1):
        await store.add_scenario("hello", msgspec.structs.replace(FIRST, description=str(number)), NOW)
    assert await store.scenario("hello", 1) is None
    oldest = await store.scenario("hello", 2)
    assert oldest is not None
    assert oldest.template.description == "1"


async def test_the_list_has_the_newest_versions_and_the_shipped_ones(store: AnyStore) -> None:
    await store.add_scenario("zebra", FIRST, NOW)
    await store.add_scenario("hello", FIRST, NOW)
    await store.add_scenario("hello", SECOND, NOW + 1)
    await store.grant_scenario("hello", "beta")
    await store.grant_scenario("hello", "acme")
    await store.grant_scenario(VOICE_MESSAGE_OPTOUT, None)
    hello, shipped, zebra = await store.list_scenarios()
    assert (hello.scenario, hello.created) == (Scenario("hello", 2, SECOND), NOW + 1)
    assert (hello.granted_to, hello.is_granted_to_all) == (["acme", "beta"], False)
    assert (shipped.scenario, shipped.created) == (SHIPPED[VOICE_MESSAGE_OPTOUT], None)
    assert (list(shipped.granted_to), shipped.is_granted_to_all) == ([], True)
    assert (zebra.scenario.name, list(zebra.granted_to), zebra.is_granted_to_all) == ("zebra", [], False)


async def test_a_scenario_is_for_those_alone_to_whom_it_is_granted(store: AnyStore) -> None:
    await store.add_scenario("hello", FIRST, NOW)
    assert await granted(store) == {}
    assert await store.grant_scenario("hello", "acme")
    assert not await store.grant_scenario("hello", "acme")
    assert (await granted(store), await granted(store, "beta")) == ({"hello": 1}, {})
    await store.add_scenario("hello", SECOND, NOW)
    assert await granted(store) == {"hello": 2}
    assert await store.revoke_scenario("hello", "acme")
    assert not await store.revoke_scenario("hello", "acme")
    assert await granted(store) == {}


async def test_one_for_all_is_for_those_to_come_too(store: AnyStore) -> None:
    assert await store.grant_scenario(VOICE_MESSAGE_OPTOUT, None)
    assert not await store.grant_scenario(VOICE_MESSAGE_OPTOUT, None)
    assert await store.grant_scenario(VOICE_MESSAGE_OPTOUT, "acme")
    await store.add_subaccount("gamma")
    assert await granted(store, "gamma") == {VOICE_MESSAGE_OPTOUT: 1}
    assert await store.revoke_scenario(VOICE_MESSAGE_OPTOUT, None)
    assert await granted(store, "gamma") == {}
    assert await granted(store) == {VOICE_MESSAGE_OPTOUT: 1}


async def test_a_removed_scenario_leaves_no_grant_behind(store: AnyStore) -> None:
    await store.add_scenario("hello", FIRST, NOW)
    await store.grant_scenario("hello", "acme")
    assert await store.remove_scenario("hello")
    assert not await store.remove_scenario("hello")
    assert await granted(store) == {}
    await store.add_scenario("hello", SECOND, NOW)
    assert await granted(store) == {}


async def test_a_subaccount_of_the_same_name_inherits_nothing(store: AnyStore) -> None:
    await store.grant_scenario(VOICE_MESSAGE_OPTOUT, "acme")
    await store.add_opt_out("acme", ANN, NOW)
    await store.remove_subaccount("acme")
    await store.add_subaccount("acme")
    assert await granted(store) == {}
    assert not await store.is_opted_out("acme", ANN)


async def test_what_cannot_be_is_refused(store: AnyStore) -> None:
    with pytest.raises(UnknownScenario, match="there is no scenario hello"):
        await store.grant_scenario("hello", "acme")
    with pytest.raises(UnknownSubaccount):
        await store.grant_scenario(VOICE_MESSAGE_OPTOUT, "nobody")
    with pytest.raises(ScenarioStays):
        await store.add_scenario(VOICE_MESSAGE_OPTOUT, FIRST, NOW)
    with pytest.raises(ScenarioStays):
        await store.remove_scenario(VOICE_MESSAGE_OPTOUT)
    with pytest.raises(BadScenario):
        await store.add_scenario("not a name", FIRST, NOW)


async def test_there_is_an_end_to_scenarios(store: AnyStore) -> None:
    for number in range(MAX_SCENARIOS):
        await store.add_scenario(f"s{number}", FIRST, NOW)
    with pytest.raises(TooManyScenarios):
        await store.add_scenario("one-more", FIRST, NOW)
    assert await store.add_scenario("s0", SECOND, NOW) == 2


async def test_a_session_that_waits_keeps_the_version_that_it_was_accepted_with(store: AnyStore) -> None:
    capture = SayAndCapture("Press 9.", "en-US-Heart", opt_out=OptOut("9", "Done.", "Sorry."))
    callflow = Callflow(actions=(capture,), scenario=Execution("hello", 1))
    await store.create_session(msgspec.structs.replace(new("s1"), callflow=callflow))
    spoilt = Callflow(actions=(), scenario=Execution("hello", 1, -2009, "to: is missing but it is required"))
    await store.create_session(msgspec.structs.replace(new("s2"), callflow=spoilt, trunk=""))
    record = await store.session("s1")
    assert record is not None
    assert record.callflow == callflow
    (claimed,) = await store.claim_sessions("carrier", {"acme": 1}, "me", NOW)
    assert claimed.callflow == callflow
    (claimed,) = await store.claim_sessions("", {"acme": 1}, "me", NOW)
    assert claimed.callflow == spoilt


# -- opt-outs


async def test_a_number_is_on_the_list_of_its_subaccount_alone_until_it_is_taken_off(store: AnyStore) -> None:
    added = await store.add_opt_out("acme", ANN, NOW, "s1")
    assert (added.number, added.created, added.session_id) == (ANN, NOW, "s1")
    assert await store.is_opted_out("acme", ANN)
    assert not await store.is_opted_out("beta", ANN)
    assert await store.opt_out("acme", ANN) == added
    assert await store.opt_out("beta", ANN) is None
    assert await store.remove_opt_out("beta", ANN) is None
    assert await store.remove_opt_out("acme", ANN) == added
    assert await store.remove_opt_out("acme", ANN) is None
    assert not await store.is_opted_out("acme", ANN)


async def test_who_is_on_the_list_stays_there_as_it_was(store: AnyStore) -> None:
    first = await store.add_opt_out("acme", ANN, NOW)
    assert await store.add_opt_out("acme", ANN, NOW + 9, "s9") == first


async def test_a_number_is_the_same_in_whatever_way_it_is_written(store: AnyStore) -> None:
    with_prefix = Number("4402083661177")
    await store.add_opt_out("acme", with_prefix, NOW)
    assert await store.is_opted_out("acme", ANN)
    assert await store.is_opted_out("acme", with_prefix)
    assert await store.import_opt_outs("acme", [ANN, with_prefix], NOW) == 0
    odd = Number("123")
    await store.add_opt_out("acme", odd, NOW)
    assert await store.is_opted_out("acme", odd)


async def test_the_list_is_read_page_by_page_while_others_are_added(store: AnyStore) -> None:
    for number in range(5):
        await store.add_opt_out("acme", Number(f"651234567{number}"), NOW + number)
        await store.add_opt_out("beta", Number(f"651234567{number}"), NOW + number)
    first = await store.list_opt_outs("acme", None, 2)
    await store.add_opt_out("acme", ANN, NOW + 9)
    second = await store.list_opt_outs("acme", first[-1].place, 2)
    third = await store.list_opt_outs("acme", second[-1].place, 2)
    assert [each.number.digits[-1] for each in (*first, *second, *third)] == ["4", "3", "2", "1", "0"]
    assert await store.list_opt_outs("acme", third[-1].place, 2) == []


async def test_an_import_adds_what_is_not_there(store: AnyStore) -> None:
    await store.add_opt_out("acme", ANN, NOW, "s1")
    assert await store.import_opt_outs("acme", [ANN, Number("6512345678"), Number("6512345678")], NOW) == 1
    assert {each.session_id for each in await store.list_opt_outs("acme", None, 9)} == {None, "s1"}


async def test_an_unknown_subaccount_has_no_list(store: AnyStore) -> None:
    with pytest.raises(UnknownSubaccount):
        await store.add_opt_out("nobody", ANN, NOW)
    with pytest.raises(UnknownSubaccount):
        await store.import_opt_outs("nobody", [ANN], NOW)
    assert await store.list_opt_outs("nobody", None, 9) == []
