"""What operators do, and what is written down of it."""

from pathlib import Path

import pytest
from tests.unit.domain.bodies import HEART, NOW, call, say

from ringback.domain.errors import Conflict, NotThere, Unusable
from ringback.service.audit import MAX_RESOURCE, Actor, AuditFilter
from ringback.service.erasure import Eraser
from ringback.service.exports import Exports
from ringback.service.operator import MAX_ALIAS, Operator
from ringback.service.ports import WebhookType
from ringback.service.rulebook import Rulebook
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore

OPS = Actor("0123456789abcdef", "ops")
VNU = WebhookType("VNU", "https://acme.example/vnu")


class Office:
    """An operator and the store that it works on."""

    def __init__(self) -> None:
        """With the subaccounts acme and beta."""
        self.store = InMemoryStore()
        self.rulebook = Rulebook(lambda: [HEART], fallback_to_locale=False, max_actions=50, body_bytes=262_144)
        self.operator = Operator(self.store, ManualClock(NOW), OPS, "r1", lambda: self.rulebook, self.eraser)

    def eraser(self) -> Eraser:
        exports = Exports(
            self.store, ManualClock(NOW), folder=Path("exports"), public_url="http://voice.example", new_token=str
        )
        return Eraser(self.store, exports, recordings=None, forget_packets=lambda _call, _begun: None)

    async def log(self) -> list[tuple[str, str, str]]:
        """Give action, resource and outcome of every entry, the oldest first."""
        entries = await self.store.audit(AuditFilter(limit=1000))
        assert {(each.note.at, each.note.actor, each.note.request_id) for each in entries} <= {(NOW, OPS, "r1")}
        return [(each.note.action, each.note.resource, each.outcome) for each in entries[::-1]]


@pytest.fixture
async def office() -> Office:
    made = Office()
    for name in ("acme", "beta"):
        await made.store.bootstrap(name, [], [], [])
    return made


async def test_what_is_done_is_written_down_with_who_did_it(office: Office) -> None:
    operator = office.operator
    assert await operator.add_account("sales")
    await operator.move_subaccount("acme", "sales")
    assert await operator.add_caller_id("acme", "+1555*") == "1555*"
    number = await operator.add_number("acme", "+4930123456", {"rentalPrice": 5})
    await operator.change_number("acme", "4930123456", {"trunk": "carrier"}, strict=True)
    await operator.set_webhook("acme", VNU)
    await operator.tell_numbers("acme")
    secret = await operator.renew_secret("acme", "vnu")
    await operator.remove_secrets("acme", "vnu")
    assert await operator.import_numbers("acme", b"msisdn\n4930123456\n4930123457\n") == (1, 2)
    await operator.remove_number("acme", "+4930123456")
    await operator.remove_webhook("acme", "vnu")
    await operator.remove_caller_id("acme", "1555*")
    await operator.remove_subaccount("acme")
    await operator.remove_account("sales")
    assert (number.details.rental_price, number.details.trunk) == (5.0, None)
    assert secret.startswith("whsec_")
    assert await office.log() == [
        ("account.add", "sales", "DONE"),
        ("subaccount.move", "sales", "DONE"),
        ("caller-id.add", "+1555*", "DONE"),
        ("number.add", "+4930123456", "DONE"),
        ("number.set", "+4930123456", "DONE"),
        ("webhook.add", "VNU", "DONE"),
        ("number.snapshot", "", "DONE"),
        ("webhook.secret", "VNU", "DONE"),
        ("webhook.unsign", "VNU", "DONE"),
        ("number.import", "2 numbers", "DONE"),
        ("number.remove", "+4930123456", "DONE"),
        ("webhook.remove", "VNU", "DONE"),
        ("caller-id.remove", "+1555*", "DONE"),
        ("subaccount.remove", "acme", "DONE"),
        ("account.remove", "sales", "DONE"),
    ]


async def test_what_is_not_there_is_refused_and_that_is_written_down(office: Office) -> None:
    operator = office.operator
    for refused in (
        operator.remove_account("sales"),
        operator.move_subaccount("nobody", "default"),
        operator.remove_subaccount("nobody"),
        operator.change_settings("nobody", {}),
        operator.add_caller_id("nobody", "15550100100"),
        operator.remove_caller_id("acme", "15550100100"),
        operator.add_number("nobody", "15550100100"),
        operator.change_number("acme", "15550100100", {}),
        operator.import_numbers("nobody", b"msisdn\n4930123456\n"),
        operator.remove_number("acme", "15550100100"),
        operator.tell_numbers("acme"),
        operator.set_webhook("nobody", VNU),
        operator.remove_webhook("acme", "VNU"),
        operator.renew_secret("acme", "VNU"),
        operator.remove_secrets("acme", "VNU"),
        operator.remove_voice_alias("Ann"),
    ):
        with pytest.raises(NotThere, match="there is no "):
            await refused
    assert [outcome for _, _, outcome in await office.log()] == ["REFUSED"] * 16
    with pytest.raises(NotThere):
        await operator.subaccount("nobody")
    with pytest.raises(NotThere):
        await operator.number("acme", "15550100100")


async def test_what_is_another_subaccounts_is_a_conflict(office: Office) -> None:
    await office.operator.add_number("beta", "4930123456")
    with pytest.raises(Conflict):
        await office.operator.add_number("acme", "4930123456")
    with pytest.raises(Unusable, match=r"line 3: .*belongs to another"):
        await office.operator.import_numbers("acme", b"msisdn\n4930123457\n4930123456\n")
    with pytest.raises(Conflict):
        await office.operator.bootstrap("acme", [], ["4930123456"], [])
    assert [outcome for _, _, outcome in await office.log()] == ["DONE", "REFUSED", "REFUSED", "REFUSED"]
    assert await office.operator.numbers("acme") == []


async def test_what_cannot_be_used_is_named_before_anything_is_written(office: Office) -> None:
    operator = office.operator
    for refused, says in (
        (operator.add_caller_id("acme", "12"), "callerId: "),
        (operator.bootstrap("acme", ["x"], [], []), "callerId: "),
        (operator.add_number("acme", "12"), "msisdn: "),
        (operator.add_number("acme", "4930123456", {"rentalPrice": "5"}), "rentalPrice: "),
        (operator.change_number("acme", "4930123456", {"colour": 1}, strict=True), "colour"),
        (operator.change_settings("acme", {"noOfTries": "2"}, strict=True), "noOfTries: "),
        (operator.set_voice_alias("", "en-US-Heart"), "alias: "),
        (operator.set_voice_alias("Ann", "x" * (MAX_ALIAS + 1)), "voice: "),
        (operator.set_voice_alias("A\nn", "x"), "alias: "),
        (operator.import_numbers("acme", b"number\n"), "line 1: "),
    ):
        with pytest.raises(Unusable, match=says):
            await refused
    assert await office.log() == []


async def test_an_ill_formed_id_is_refused(office: Office) -> None:
    for refused in (office.operator.add_account("a b"), office.operator.add_subaccount("x" * 10_000)):
        with pytest.raises(Unusable):
            await refused
    (_, (_, resource, _)) = await office.log()
    assert len(resource) == MAX_RESOURCE


async def test_numbers_may_be_given_as_text_by_a_command(office: Office) -> None:
    assert (await office.operator.change_settings("acme", {"noOfTries": "2"})).no_of_tries == 2
    await office.operator.add_number("acme", "4930123456")
    await office.operator.change_number("acme", "4930123456", {"rentalPrice": "5"})
    assert (await office.operator.number("acme", "4930123456")).details.rental_price == 5


async def test_what_is_done_to_keys_is_written_down_by_their_ids(office: Office) -> None:
    operator = office.operator
    issued = await operator.add_key("acme", "till", ["read"])
    key_id = issued.key.key_id
    rotated = await operator.rotate_key(key_id)
    assert await operator.key(key_id) == rotated.key
    await operator.revoke_key(rotated.secret)
    with pytest.raises(NotThere, match="no such key that is valid"):
        await operator.rotate_key(key_id)
    with pytest.raises(NotThere, match="no such key that is not revoked"):
        await operator.revoke_key(rotated.secret)
    with pytest.raises(Unusable, match="scopes"):
        await operator.add_key("acme", scopes=["write"])
    assert [each.name for each in await operator.keys("acme")] == ["bootstrap", "till"]
    log = await office.log()
    assert log[:4] == [
        ("key.add", key_id, "DONE"),
        ("key.rotate", key_id, "DONE"),
        ("key.revoke", key_id, "DONE"),
        ("key.rotate", key_id, "REFUSED"),
    ]
    assert [(action, outcome) for action, _, outcome in log[4:]] == [("key.revoke", "REFUSED"), ("key.add", "REFUSED")]
    assert rotated.secret not in str(log)


async def test_a_fallback_callflow_is_held_to_the_voices_and_caller_ids_of_its_subaccount(office: Office) -> None:
    flow = {"callflow": [say(voiceProfile="en-US-House"), call(source="15550100100")]}
    with pytest.raises(Unusable, match="-1014"):
        await office.operator.change_settings("acme", {"fallbackCallflow": flow})
    await office.operator.add_caller_id("acme", "+15550100100")
    with pytest.raises(Unusable, match="-1002"):
        await office.operator.change_settings("acme", {"fallbackCallflow": flow})
    await office.operator.set_voice_alias("en-US-House", "en-US-Heart")
    changed = await office.operator.change_settings("acme", {"fallbackCallflow": flow}, strict=True)
    assert changed.fallback_callflow == flow
    with pytest.raises(NotThere):
        await office.operator.change_settings("nobody", {"fallbackCallflow": flow})
