"""Whose turn it is: the lines in which the subaccounts wait for each trunk."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from ringback.service.queue_store import QueuedLine


class Turns:
    """How many sessions of each subaccount wait for each trunk: what was counted, what came since, less what was given.

    Of a trunk's channels the subaccounts get one each in turn; who got one stands behind the others. So nobody waits
    longer than all others take for one call each, however many of theirs are queued.
    """

    def __init__(self) -> None:
        """Know of nobody."""
        self._waiting: dict[str, dict[str, int]] = {}
        """Sessions by trunk and subaccount, none of which is 0; the subaccount that is served next comes first."""
        self._since: Counter[tuple[str, str]] = Counter()

    def begin_count(self) -> None:
        """Remember what comes from now on: a count that is under way may not see it."""
        self._since.clear()

    def count(self, lines: Iterable[QueuedLine]) -> None:
        """Take what is in the queue, and what came since `begin_count`; whose turn it is stays as it is.

        What was counted as well counts twice: it does no harm.
        """
        counted: dict[str, dict[str, int]] = {}
        for line in lines:
            if line.waiting:
                counted.setdefault(line.trunk, {})[line.sub_account_id] = line.waiting
        for trunk, waiting in counted.items():
            known = [each for each in self._waiting.get(trunk, ()) if each in waiting]
            counted[trunk] = {each: waiting[each] for each in known} | waiting
        self._waiting = counted
        for (trunk, sub_account_id), number in self._since.items():
            self._add(trunk, sub_account_id, number)

    def came(self, trunk: str, sub_account_id: str, number: int = 1) -> None:
        """Count so many more."""
        self._since[trunk, sub_account_id] += number
        self._add(trunk, sub_account_id, number)

    def _add(self, trunk: str, sub_account_id: str, number: int) -> None:
        waiting = self._waiting.setdefault(trunk, {})
        waiting[sub_account_id] = waiting.get(sub_account_id, 0) + number

    def trunks(self) -> Sequence[str]:
        """Give the trunks for which anybody waits."""
        return list(self._waiting)

    def accounts(self) -> set[str]:
        """Give the subaccounts that wait for anything."""
        return {each for waiting in self._waiting.values() for each in waiting}

    def waiting(self, trunk: str) -> Mapping[str, int]:
        """Give how many sessions of each subaccount wait for a trunk."""
        return self._waiting.get(trunk, {})

    def give(self, trunk: str, number: int, room: Callable[[str], float]) -> Mapping[str, int]:
        """Share so many channels of a trunk out, and count them as given; give how many each subaccount got.

        `room`: how many a subaccount may get.
        """
        waiting = self._waiting.get(trunk, {})
        left = {each: min(count, room(each)) for each, count in waiting.items()}
        turns = deque(each for each, most in left.items() if most >= 1)
        given: dict[str, int] = {}
        while number > 0 and turns:
            each = turns.popleft()
            given[each] = given.pop(each, 0) + 1  # who got one last is last
            number -= 1
            left[each] -= 1
            if left[each] >= 1:
                turns.append(each)
        for each, got in given.items():
            if (still := waiting.pop(each) - got) > 0:
                waiting[each] = still
        if not waiting:
            self._waiting.pop(trunk, None)
        return given
