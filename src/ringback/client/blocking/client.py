# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/client.py; do not edit.
"""The client itself: where the server is, who asks, and what can be asked."""

import os
from collections.abc import Generator, Mapping, Sequence
from types import TracebackType
from typing import Self

from ringback.client.blocking.callflows import Callflows
from ringback.client.blocking.connection import Connection
from ringback.client.blocking.deliveries import Deliveries
from ringback.client.blocking.exports import Exports
from ringback.client.blocking.numbers import Numbers
from ringback.client.blocking.opt_outs import OptOuts
from ringback.client.blocking.recording_push import RecordingPush
from ringback.client.blocking.recordings import Recordings
from ringback.client.blocking.sessions import Sessions
from ringback.client.blocking.webhooks import Webhooks
from ringback.client.envelopes import ScenarioList, SpeechProfileList
from ringback.client.http import Address, Call
from ringback.client.replies import Event, Scenario, SpeechProfile
from ringback.client.retries import RETRIES, Retries
from ringback.client.timeouts import TIMEOUTS, Timeouts
from ringback.client.urllib3_transport import Urllib3Transport


class Client:
    """A server of the Callflows API, as one subaccount sees it.

    ```python
    with Client("http://127.0.0.1:8080", "acme", api_key) as client:
        receipt = client.callflows.create(
            MakeCall(source="+15550100100", destination="+6512345678"), Say(text="Hello.", language="en-US"), Hangup()
        )
        session = client.sessions.wait(receipt.session_id, within=60)
    ```
    """

    def __init__(
        self,
        base_url: str,
        sub_account_id: str,
        api_key: str,
        *,
        timeouts: Timeouts = TIMEOUTS,
        retries: Retries = RETRIES,
        hosted: bool = False,
    ) -> None:
        """`base_url`: of the server, such as http://127.0.0.1:8080.

        `hosted`: True for the hosted API, or another that has no more than what is published. It does not heed an
        Idempotency-Key: a callflow whose answer was lost is not sent again; and what it would understand otherwise
        raises NotPublished. Raises ValueError for what is no http or https URL.
        """
        self._connection = Connection(
            Address(base_url, sub_account_id, api_key),
            Urllib3Transport(timeouts.connect),
            timeouts,
            retries,
            hosted=hosted,
        )
        self.callflows = Callflows(self._connection)
        self.sessions = Sessions(self._connection)
        self.webhooks = Webhooks(self._connection)
        self.deliveries = Deliveries(self._connection)
        self.numbers = Numbers(self._connection)
        self.opt_outs = OptOuts(self._connection)
        self.recordings = Recordings(self._connection)
        self.recording_push = RecordingPush(self._connection)
        self.exports = Exports(self._connection)

    def __repr__(self) -> str:
        """Say where the server is, without the key."""
        return f"{type(self).__name__}({self._connection.address})"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Take `RINGBACK_URL`, `RINGBACK_SUBACCOUNT` and `RINGBACK_API_KEY`; the first two are a sandbox's without.

        Raises KeyError where there is no key.
        """
        return cls(
            environment.get("RINGBACK_URL", "http://127.0.0.1:8080"),
            environment.get("RINGBACK_SUBACCOUNT", "sandbox"),
            environment["RINGBACK_API_KEY"],
        )

    def speech_profiles(self) -> Sequence[SpeechProfile]:
        """Give the voices. Raises ClientError."""
        return (self._connection.send(Call("GET", "/speech-profiles", SpeechProfileList))).speech_profiles

    def scenarios(self) -> Sequence[Scenario]:
        """Give what `ExecuteScenario` may name. Raises ClientError."""
        return (self._connection.send(Call("GET", "/scenarios", ScenarioList))).scenarios

    def events(self) -> Generator[Event]:
        """Give what happens in every session from now on, at once, until the server stops.

        A lost connection is made again as often as `retries` say, and what happened meanwhile is told then; where that
        is too much or too long ago, EventsMissed is raised: the timelines of `sessions` have it. Who is 1,000 events
        behind is sent away: there are no more, then. Raises TooManyRequests and every other ClientError.
        """
        return self._connection.events("/events")

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Give the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()
