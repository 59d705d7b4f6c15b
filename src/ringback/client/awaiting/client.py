"""The client itself: where the server is, who asks, and what can be asked."""

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import Self

from ringback.client.aiohttp_transport import AiohttpTransport
from ringback.client.awaiting.callflows import AsyncCallflows
from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.awaiting.deliveries import AsyncDeliveries
from ringback.client.awaiting.exports import AsyncExports
from ringback.client.awaiting.numbers import AsyncNumbers
from ringback.client.awaiting.opt_outs import AsyncOptOuts
from ringback.client.awaiting.recording_push import AsyncRecordingPush
from ringback.client.awaiting.recordings import AsyncRecordings
from ringback.client.awaiting.sessions import AsyncSessions
from ringback.client.awaiting.webhooks import AsyncWebhooks
from ringback.client.envelopes import ScenarioList, SpeechProfileList
from ringback.client.http import Address, Call
from ringback.client.replies import Event, Scenario, SpeechProfile
from ringback.client.retries import RETRIES, Retries
from ringback.client.timeouts import TIMEOUTS, Timeouts


class AsyncClient:
    """A server of the Callflows API, as one subaccount sees it.

    ```python
    async with AsyncClient("http://127.0.0.1:8080", "acme", api_key) as client:
        receipt = await client.callflows.create(
            MakeCall(source="+15550100100", destination="+6512345678"), Say(text="Hello.", language="en-US"), Hangup()
        )
        session = await client.sessions.wait(receipt.session_id, within=60)
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
        self._connection = AsyncConnection(
            Address(base_url, sub_account_id, api_key),
            AiohttpTransport(timeouts.connect),
            timeouts,
            retries,
            hosted=hosted,
        )
        self.callflows = AsyncCallflows(self._connection)
        self.sessions = AsyncSessions(self._connection)
        self.webhooks = AsyncWebhooks(self._connection)
        self.deliveries = AsyncDeliveries(self._connection)
        self.numbers = AsyncNumbers(self._connection)
        self.opt_outs = AsyncOptOuts(self._connection)
        self.recordings = AsyncRecordings(self._connection)
        self.recording_push = AsyncRecordingPush(self._connection)
        self.exports = AsyncExports(self._connection)

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

    async def speech_profiles(self) -> Sequence[SpeechProfile]:
        """Give the voices. Raises ClientError."""
        return (await self._connection.send(Call("GET", "/speech-profiles", SpeechProfileList))).speech_profiles

    async def scenarios(self) -> Sequence[Scenario]:
        """Give what `ExecuteScenario` may name. Raises ClientError."""
        return (await self._connection.send(Call("GET", "/scenarios", ScenarioList))).scenarios

    def events(self) -> AsyncGenerator[Event]:
        """Give what happens in every session from now on, at once, until the server stops.

        A lost connection is made again as often as `retries` say, and what happened meanwhile is told then; where that
        is too much or too long ago, EventsMissed is raised: the timelines of `sessions` have it. Who is 1,000 events
        behind is sent away: there are no more, then. Raises TooManyRequests and every other ClientError.
        """
        return self._connection.events("/events")

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        """Give the client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()
