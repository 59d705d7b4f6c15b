"""An OPTIONS of ours outside a dialog: what a peer says of itself, and whether it takes our credentials.

```
  us                     peer
   |------ OPTIONS ------>|
   |<----- 401, 407 ------|  if asked: once more with credentials
   |------ OPTIONS ------>|
   |<------- 200 ---------|  OptionsAnswered, whatever the status
```

See RFC 3261, section 11. Nothing rings, and no dialog is made.
"""

from typing import Final

from ringback.wire.sip.authentication import STATUSES, Authentication, Tries
from ringback.wire.sip.content import ACCEPT, sdp_of
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Address, OptionsAnswered, Unreachable
from ringback.wire.sip.machines import Failure
from ringback.wire.sip.message import Headers, Request, Response
from ringback.wire.sip.stack import ALLOW, Stack
from ringback.wire.sip.text import split_outside
from ringback.wire.sip.transaction import ClientTransaction, Outcome

_FINAL: Final = 200


class Probe:
    """One question, asked anew where a challenge is answered."""

    __slots__ = (
        "_authentication",
        "_call",
        "_call_id",
        "_challenge",
        "_cseq",
        "_from",
        "_next_hop",
        "_stack",
        "_to",
        "_tries",
    )

    def __init__(
        self, stack: Stack, call: str, *, to: str, next_hop: Address, from_uri: str, credentials: Credentials | None
    ) -> None:
        """`call`: its name in the events; `to`: Request-URI and To."""
        self._stack = stack
        self._call = call
        self._to = to
        self._next_hop = next_hop
        self._from = f"<{from_uri}>;tag={stack.token(8)}"
        self._call_id = f"{stack.token(16)}@{stack.local[0]}"
        self._cseq = 0
        self._authentication = Authentication(credentials, stack.token)
        self._tries: Tries = {}
        self._challenge = 0

    def start(self, now: float) -> None:
        """Send the OPTIONS; again with what was learned from a challenge."""
        stack = self._stack
        self._cseq += 1
        headers = Headers(
            [
                ("Via", stack.via()),
                ("Max-Forwards", "70"),
                ("From", self._from),
                ("To", f"<{self._to}>"),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._cseq} OPTIONS"),
                ("Contact", stack.contact),
                ("Allow", ALLOW),
                ("Accept", ACCEPT),
                ("User-Agent", stack.product),
                *self._authentication.rows("OPTIONS", self._to, b""),
            ]
        )
        stack.layer.request(Request("OPTIONS", self._to, headers), self._next_hop, self._call, self._on_outcome, now)

    def _on_outcome(self, _transaction: ClientTransaction, outcome: Outcome, now: float) -> None:
        if isinstance(outcome, Failure):
            timed_out = outcome is Failure.TIMEOUT
            reason = "no response within 32 s" if timed_out else "the network says that nobody is there"
            self._stack.tell(Unreachable(self._call, reason))
        elif outcome.status < _FINAL:
            return
        elif outcome.status in STATUSES and self._authentication.learn(outcome, self._tries):
            self._challenge = outcome.status
            self.start(now)
        else:
            self._stack.tell(self._answered(outcome))

    def _answered(self, response: Response) -> OptionsAnswered:
        headers = response.headers
        return OptionsAnswered(
            self._call,
            response.status,
            response.reason,
            answered_challenge=self._challenge,
            seen_as=(response.top_via.received or None, response.top_via.rport),
            allow=_words(headers.all("Allow")),
            accept=_words(headers.all("Accept")),
            date=headers.first("Date") or "",
            sdp=sdp_of(response),
        )


def _words(values: list[str]) -> tuple[str, ...]:
    """Give the members of a list without their parameters."""
    parts = (part.partition(";")[0].strip() for value in values for part in split_outside(value, ","))
    return tuple(part for part in parts if part)
