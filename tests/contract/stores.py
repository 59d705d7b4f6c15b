"""The stores under test, and what is put into them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from ringback.adapters.store import Database, open_store
from ringback.domain.callflow import Callflow, Hangup, MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.number import Number
from ringback.service.ports import DueDelivery, NewDelivery, NewSession
from ringback.testing.store import InMemoryStore

AnyStore: TypeAlias = Database | InMemoryStore

KINDS: Final = ("sqlite", "memory")
NOW: Final = 1_800_000_000.0
CALLFLOW: Final = Callflow(
    actions=(
        MakeCall(Number("15550100100"), Number("6512345678"), record=True),
        Say('Grüße, "Ann" 你好 \x00', "en-US-Heart", 1.25, 2),
        SayAndCapture("Press 1", "en-US-Heart", digit_timeout=2.5, callback_url="http://127.0.0.1/digits"),
        PlayFile("http://127.0.0.1/a.wav", 3),
        Hangup(),
    ),
    client_action_id="menu",
    client_request_id="order-7",
)


def make(kind: str, folder: Path) -> AnyStore:
    """Open a store of a kind; the caller closes it."""
    return InMemoryStore() if kind == "memory" else open_store(f"sqlite:///{folder}/s.db", exclusive=True)


def new(session_id: str, trunk: str = "carrier", created: float = NOW, valid_until: float | None = None) -> NewSession:
    """Give a session of the subaccount acme."""
    flow = Callflow(actions=CALLFLOW.actions, client_request_id="order-7", valid_until=valid_until)
    return NewSession(
        session_id=session_id,
        sub_account_id="acme",
        request_id=f"request-{session_id}",
        created=created,
        trunk=trunk,
        callflow=flow,
    )


def delivery(name: str, session_id: str = "s1", type_: str = "VCS", url: str | None = None) -> NewDelivery:
    """Give a delivery of the subaccount acme, whose body is its name."""
    return NewDelivery(
        delivery_id=name,
        session_id=session_id,
        sub_account_id="acme",
        type=type_,
        body=name.encode(),
        created=NOW,
        url=url,
    )


def named(deliveries: Sequence[DueDelivery]) -> list[str]:
    """Give the ids of deliveries, in order."""
    return [due.delivery_id for due in deliveries]
