"""Digest authentication as a client does it (RFC 7616 and RFC 8760; RFC 2069 where a challenge has no qop)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ringback.wire.sip.text import SPACE, quote, split_outside

_HASHES: Final = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""Names of algorithms in challenges and in hashlib, the strongest first."""
_STRENGTH: Final = {name: place for place, name in enumerate(reversed(_HASHES))}
_SESSION: Final = "-SESS"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a trunk."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """The value of a WWW-Authenticate or Proxy-Authenticate of the scheme Digest (RFC 7616, section 3.3)."""

    realm: str
    """As it came, escapes included: it is given back unchanged, and is hashed so."""
    nonce: str
    """As it came."""
    algorithm: str = "MD5"
    """As it came, a `-sess` included."""
    opaque: str | None = None
    """As it came; given back."""
    qop: tuple[str, ...] = ()
    """In lower case; empty where the challenge is one of RFC 2069."""
    stale: bool = False
    """The credentials were right, the nonce was too old: the same may be tried once more."""

    @classmethod
    def parse(cls, value: str) -> "Challenge":
        """Read a challenge. Raises ValueError where it is none of Digest, or lacks realm or nonce."""
        scheme, _, rest = value.strip(SPACE).partition(" ")
        params: dict[str, str] = {}
        for part in split_outside(rest, ","):
            name, _, text = (word.strip(SPACE) for word in part.partition("="))
            params.setdefault(name.lower(), text[1:-1] if text.startswith('"') and text.endswith('"') else text)
        if scheme.lower() != "digest" or "realm" not in params or "nonce" not in params:
            message = "not a Digest challenge, or without realm or nonce"
            raise ValueError(message)
        return cls(
            realm=params["realm"],
            nonce=params["nonce"],
            algorithm=params.get("algorithm", "MD5"),
            opaque=params.get("opaque"),
            qop=tuple(option for word in params.get("qop", "").split(",") if (option := word.strip().lower())),
            stale=params.get("stale", "").lower() == "true",
        )

    @property
    def strength(self) -> int | None:
        """How strong its algorithm is, 0 the weakest; None where it is unknown, or each of its qop is."""
        if self.qop and not {"auth", "auth-int"}.intersection(self.qop):
            return None
        return _STRENGTH.get(self.algorithm.upper().removesuffix(_SESSION))


def strongest(challenges: Sequence[Challenge]) -> list[Challenge]:
    """Give the strongest challenge of each realm; a realm none of whose challenges can be answered is left out."""
    chosen: dict[str, tuple[int, Challenge]] = {}
    for challenge in challenges:
        strength = challenge.strength
        if strength is not None and (challenge.realm not in chosen or strength > chosen[challenge.realm][0]):
            chosen[challenge.realm] = strength, challenge
    return [challenge for _, challenge in chosen.values()]


def authorize(
    challenges: Sequence[Challenge],
    credentials: Credentials,
    method: str,
    uri: str,
    body: bytes,
    cnonce: str,
    nonce_count: int,
) -> str | None:
    """Give the Authorization or Proxy-Authorization that answers the strongest of several challenges.

    None where none of them can be answered. Where several realms ask, call it for each of `strongest(challenges)`.
    `uri`: the Request-URI as it is sent; `cnonce`: random, from the caller; `nonce_count`: how often this nonce was
    used, this time included. See RFC 7616, section 3.4.
    """
    known = [(challenge.strength, challenge) for challenge in challenges]
    best = max((strength for strength, _ in known if strength is not None), default=None)
    if best is None:
        return None
    challenge = next(challenge for strength, challenge in known if strength == best)
    algorithm = challenge.algorithm.upper()
    name = _HASHES[algorithm.removesuffix(_SESSION)]

    def hashed(*parts: str) -> str:
        return _hash(name, ":".join(parts).encode("utf-8", "surrogateescape"))

    secret = hashed(credentials.username, challenge.realm, credentials.password)
    if algorithm.endswith(_SESSION):
        secret = hashed(secret, challenge.nonce, cnonce)
    qop = "auth" if "auth" in challenge.qop or not challenge.qop else "auth-int"
    request = hashed(method, uri) if qop == "auth" else hashed(method, uri, _hash(name, body))
    parts = [
        f"username={quote(credentials.username)}",
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f"algorithm={challenge.algorithm}",
    ]
    count = f"{nonce_count:08x}"
    if challenge.qop:
        response = hashed(secret, challenge.nonce, count, cnonce, qop, request)
        parts += [f"qop={qop}", f"nc={count}", f'cnonce="{cnonce}"']
    else:
        response = hashed(secret, challenge.nonce, request)
        if algorithm.endswith(_SESSION):
            parts.append(f'cnonce="{cnonce}"')
    parts.append(f'response="{response}"')
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(parts)


def _hash(name: str, data: bytes) -> str:
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()
