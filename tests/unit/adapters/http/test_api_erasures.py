"""What operators erase over HTTP."""

import pytest
from tests.unit.adapters.http.admin import SUBACCOUNT, Office, open_office
from tests.unit.domain.bodies import DESTINATION, call, say

from ringback.service.audit import AuditFilter

OTHER = "/subaccounts/beta"


@pytest.fixture
async def office() -> Office:
    return await open_office()


async def over(office: Office) -> str:
    """Let a session run to its end and its webhook be taken; give its id."""
    house = office.door.house
    session_id = (await house.run(call(), say())).session_id
    for delivery in list(house.store.deliveries):
        await house.store.delivery_done(delivery, house.clock.now())
    return session_id


async def test_a_session_is_erased_by_its_owner_alone(office: Office) -> None:
    session_id = await over(office)
    said = (404, f"there is no session {session_id}")
    assert await office.refused("DELETE", f"{OTHER}/sessions/{session_id}") == said
    await office.do("DELETE", f"{SUBACCOUNT}/sessions/{session_id}")
    assert await office.store.session(session_id) is None
    assert await office.refused("DELETE", f"{SUBACCOUNT}/sessions/{session_id}") == said


async def test_a_session_that_waits_is_a_conflict(office: Office) -> None:
    session_id = await office.door.house.queue(call(), say())
    status, said = await office.refused("DELETE", f"{SUBACCOUNT}/sessions/{session_id}")
    assert (status, "waits or runs" in said) == (409, True)
    assert (await office.refused("DELETE", SUBACCOUNT))[0] == 409


async def test_everything_about_a_number_is_erased_and_what_waits_is_named(office: Office) -> None:
    session_id = await over(office)
    waiting = await office.door.house.queue(call(), say())
    erased = await office.do("POST", f"{SUBACCOUNT}/erasures", {"number": DESTINATION})
    assert erased == {"sessions": 1, "left": [waiting]}
    assert await office.store.session(session_id) is None
    assert await office.do("POST", f"{OTHER}/erasures", {"number": DESTINATION}) == {"sessions": 0, "left": []}
    log = await office.store.audit(AuditFilter(action="erase.number"))
    assert [(each.outcome, each.note.sub_account_id, each.note.resource) for each in log] == [
        ("UNCHANGED", "beta", ""),
        ("DONE", "acme", ""),
    ]
    nobody = await office.refused("POST", "/subaccounts/nobody/erasures", {"number": DESTINATION})
    assert nobody == (404, "there is no subaccount nobody")


@pytest.mark.parametrize("body", [{}, {"number": "Ann"}, {"number": ""}, {"number": 65}, {"numbers": "65"}, []])
async def test_what_is_no_number_is_422(office: Office, body: object) -> None:
    assert (await office.refused("POST", f"{SUBACCOUNT}/erasures", body))[0] == 422
