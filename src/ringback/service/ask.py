"""The question that a session asks in the call: what is next? Posted to the program's VCA webhook."""

from collections.abc import Callable, Mapping

import msgspec

from ringback.domain import payloads
from ringback.domain import status as codes
from ringback.domain.fallback import fallback_of
from ringback.domain.session import CallStatus, Leg, Session
from ringback.domain.validation import Rules, validate_answer
from ringback.engine.events import CallflowAbsent, CallflowReceived, CallflowRefused
from ringback.service.ports import Answer, Callbacks, Clock, NotReached, Subaccount
from ringback.service.signing import post_headers

TRIES = 2
"""One retry on a connection error, a timeout or a 5xx."""
BODY_LIMIT = 4096
"""Characters kept of what was posted and answered."""


class Asked(msgspec.Struct, frozen=True):
    """How the webhook answered."""

    event: CallflowReceived | CallflowRefused | CallflowAbsent
    details: Mapping[str, object]
    """For the timeline."""
    bodies: Mapping[str, str] = {}
    """What was posted and answered, for the timeline: `request` and `response`, at most BODY_LIMIT characters each."""


class Ask:
    """Asks for the next callflow."""

    def __init__(
        self,
        callbacks: Callbacks,
        clock: Clock,
        rules: Callable[[Subaccount], Rules],
        new_id: Callable[[], str],
        timeout: float,
    ) -> None:
        """`rules`: what a callflow of a subaccount is held to; `timeout`: seconds for each try."""
        self._callbacks = callbacks
        self._clock = clock
        self._rules = rules
        self._new_id = new_id
        self._timeout = timeout

    async def callflow(
        self,
        subaccount: Subaccount | None,
        session: Session,
        leg: Leg,
        status: CallStatus,
        digits: str | None,
        client_action_id: str | None,
    ) -> Asked:
        """Post a VCA that describes `leg` and judge the answer; never raises for what the program does."""
        webhook = None if subaccount is None else subaccount.webhooks.get("VCA")
        if subaccount is None or webhook is None or not webhook.enabled:
            return Asked(CallflowAbsent(), {"answer": "no webhook"})
        asked, event_id = self._clock.now(), self._new_id()
        body = payloads.vca_body(
            session,
            leg,
            event_id=event_id,
            status=status,
            digits=digits,
            client_action_id=client_action_id,
            now=asked,
            tenant=subaccount,
        )
        bodies = {"request": _text(body)}
        headers = post_headers(webhook.authorization, webhook.secrets, message_id=event_id, body=body, now=asked)
        details: dict[str, object]
        try:
            answer, tries = await self._post(webhook.url, body, headers)
        except NotReached as fault:
            details = {"url": webhook.url, "answer": str(fault), "tries": TRIES, "seconds": self._since(asked)}
            return self._refused(subaccount, codes.NOT_CONNECTED, details, bodies)
        details = {
            "url": webhook.url,
            "httpStatus": answer.status,
            "tries": tries,
            "seconds": self._since(asked),
        }
        bodies["response"] = _text(answer.body)
        if answer.status // 100 != 2:  # noqa: PLR2004 - any 2xx
            return self._refused(subaccount, codes.CALLFLOW_INVALID, details, bodies)
        verdict = validate_answer(answer.body, self._rules(subaccount), self._clock.now())
        if verdict.callflow is None:
            allowed = verdict.code != codes.SOURCE_NOT_ALLOWED
            refused = codes.CALLFLOW_INVALID if allowed else codes.SOURCE_NOT_WHITELISTED
            details |= {"statusCode": verdict.code, "reason": verdict.message}
            return self._refused(subaccount, refused, details, bodies)
        scenario = verdict.callflow.scenario
        if scenario is not None and scenario.error_code is not None:
            details |= {"reason": scenario.reason}
            return self._refused(subaccount, scenario.error_code, details, bodies)
        return Asked(CallflowReceived(verdict.callflow), details, bodies)

    def _refused(
        self, subaccount: Subaccount, code: int, details: Mapping[str, object], bodies: Mapping[str, str]
    ) -> Asked:
        """Let the subaccount's fallback run, where it has one that can still be run."""
        fallback = fallback_of(subaccount.settings, self._rules(subaccount), self._clock.now())
        if fallback is None:
            return Asked(CallflowRefused(code), details, bodies)
        if isinstance(fallback, str):
            return Asked(CallflowRefused(code), {**details, "fallback": fallback}, bodies)
        return Asked(CallflowRefused(code, fallback), {**details, "fallback": "runs"}, bodies)

    def _since(self, asked: float) -> float:
        return round(self._clock.now() - asked, 3)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[Answer, int]:
        for attempt in range(1, TRIES):
            try:
                answer = await self._callbacks.post(url, body, headers, self._timeout)
            except NotReached:
                continue
            if answer.status < 500:  # noqa: PLR2004 - 5xx
                return answer, attempt
        return await self._callbacks.post(url, body, headers, self._timeout), TRIES


def _text(body: bytes) -> str:
    return body[:BODY_LIMIT].decode("utf-8", "replace")
