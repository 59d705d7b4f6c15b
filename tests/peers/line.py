"""A line that loses messages: between our SIP socket and its user agent, for peers that lose none themselves."""

import random
from collections import Counter

from tests.peers.house import House

LOSS = 0.05
SEED = 20260113


def lose(there: House, spared: bytes | None = None) -> Counter[str]:
    """Let the server's SIP socket lose five of a hundred messages each way; gives how many it lost.

    `spared`: what messages begin with that always arrive.
    """
    agent, dice, lost = there.server.telephone.user_agent, random.Random(SEED), Counter[str]()  # noqa: S311 - no secret
    receive, to_send = agent.receive, agent.datagrams_to_send

    def kept(way: str) -> bool:
        lost[way] += (drop := dice.random() < LOSS)
        return not drop

    def hears(data: bytes, source: tuple[str, int], now: float) -> None:
        if (spared is not None and data.startswith(spared)) or kept("in"):
            receive(data, source, now)

    agent.receive = hears  # type: ignore[method-assign]  # the line between it and its socket is bad
    agent.datagrams_to_send = lambda now: [each for each in to_send(now) if kept("out")]  # type: ignore[method-assign]
    return lost
