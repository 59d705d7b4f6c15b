"""The answers of one call to challenges: kept, so that later requests carry them unasked (RFC 3261, section 22)."""

from collections.abc import Callable
from typing import Final, TypeAlias

from ringback.wire.sip.digest import Challenge, Credentials, authorize, strongest
from ringback.wire.sip.message import Response

MAX_REALMS: Final = 4
"""Realms that are answered in one call."""
MAX_CHALLENGES: Final = 16
"""Challenges of one response that are read."""
STATUSES: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
"""Who asks, and how it is answered."""

Realm: TypeAlias = tuple[str, str]
"""The header that answers, and the realm."""
Tries: TypeAlias = dict[Realm, int]
"""How often a request was sent anew for a realm."""
_TWICE: Final = 2


class Authentication:
    """What the servers on the way of one call asked for, and how often each nonce was used."""

    __slots__ = ("_credentials", "_known", "_token")

    def __init__(self, credentials: Credentials | None, token: Callable[[int], str]) -> None:
        """`token`: gives random hexadecimal digits, two for each octet asked for."""
        self._credentials = credentials
        self._token = token
        self._known: dict[Realm, tuple[Challenge, int]] = {}

    def learn(self, response: Response, tries: Tries) -> bool:
        """Take the challenges of a 401 or 407 and tell whether the request is worth sending again.

        `tries`: of this request, written here. It is not where there are no credentials, where nothing can be answered,
        and where they were refused: a realm is answered once for a request, and once more where its nonce was stale.
        """
        asks, answers = STATUSES[response.status]
        if self._credentials is None:
            return False
        challenges: list[Challenge] = []
        for value in response.headers.all(asks)[:MAX_CHALLENGES]:
            try:
                challenges.append(Challenge.parse(value))
            except ValueError:
                continue
        chosen = {(answers, challenge.realm): challenge for challenge in strongest(challenges)}
        if not chosen or len(self._known.keys() | chosen.keys()) > MAX_REALMS:
            return False
        if not all(self._is_worth(challenge, realm, tries) for realm, challenge in chosen.items()):
            return False
        for realm, challenge in chosen.items():
            self._known[realm] = challenge, 0
            tries[realm] = tries.get(realm, 0) + 1
        return True

    def _is_worth(self, challenge: Challenge, realm: Realm, tries: Tries) -> bool:
        if realm not in self._known:
            return True
        if challenge.nonce == self._known[realm][0].nonce:
            return False
        times = tries.get(realm, 0)
        return times == 0 or (challenge.stale and times < _TWICE)

    def rows(self, method: str, uri: str, body: bytes) -> list[tuple[str, str]]:
        """Give the headers that a request carries for all that was asked so far; `uri`: its Request-URI."""
        if self._credentials is None:
            return []
        rows: list[tuple[str, str]] = []
        for realm, (challenge, count) in self._known.items():
            self._known[realm] = challenge, count + 1
            value = authorize([challenge], self._credentials, method, uri, body, self._token(8), count + 1)
            if value is not None:
                rows.append((realm[0], value))
        return rows
