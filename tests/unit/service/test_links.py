from urllib.parse import parse_qs, urlsplit

import pytest

from ringback.service.links import LinkRefused, Links
from ringback.testing.clock import ManualClock

PATH = "s1/rec_20260115T120000Z.mp3"
SECONDS = 60.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1000.5)


def links(clock: ManualClock, key: bytes = b"k" * 32) -> Links:
    return Links("https://voice.example/", key, clock, SECONDS)


def parts(link: str) -> tuple[str, str, str]:
    split = urlsplit(link)
    query = parse_qs(split.query)
    return split.path.removeprefix("/recordings/"), query["expires"][0], query["signature"][0]


def test_a_link_leads_to_its_file_until_it_expires(clock: ManualClock) -> None:
    there = links(clock)
    link = there.make(PATH)
    assert link.startswith(f"https://voice.example/recordings/{PATH}?expires=1060&signature=")
    there.check(*parts(link))
    clock.advance(SECONDS - 1)
    there.check(*parts(link))
    clock.advance(1)
    with pytest.raises(LinkRefused, match="expired"):
        there.check(*parts(link))


@pytest.mark.parametrize(
    "changed",
    [
        ("s2/rec_20260115T120000Z.mp3", "1060", None),
        (PATH, "9999999999", None),
        (PATH, "", None),
        (PATH, "1060", ""),
        (PATH, "1060", "0" * 64),
        (PATH, "1060", "é"),
        (PATH, "1060", "\udcff"),
    ],
)
def test_a_link_that_was_changed_is_refused(clock: ManualClock, changed: tuple[str, str, str | None]) -> None:
    there = links(clock)
    path, expires, signature = changed
    with pytest.raises(LinkRefused, match="invalid"):
        there.check(path, expires, parts(there.make(PATH))[2] if signature is None else signature)


def test_a_link_of_another_key_is_refused(clock: ManualClock) -> None:
    with pytest.raises(LinkRefused, match="invalid"):
        links(clock).check(*parts(links(clock, b"o" * 32).make(PATH)))


def test_a_path_that_is_no_url_is_quoted(clock: ManualClock) -> None:
    assert links(clock).make("s 1/é?.mp3").startswith("https://voice.example/recordings/s%201/%C3%A9%3F.mp3?expires=")
