from pathlib import Path

import pytest

from ringback.adapters.telephone import IncomingCall
from ringback.app import sandbox
from ringback.app.handset import Behaviour


def expected(heard: Path, number: str, **behaviour: object) -> Behaviour:
    return Behaviour(**({"record": heard / f"{number}.wav"} | behaviour))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("suffix", "behaviour"),
    [
        ("01", {"refuse": 486, "record": None}),
        ("02", {"answer_after": None, "record": None}),
        ("03", {"refuse": 603, "record": None}),
        ("05", {"answer_after": 10.0}),
        ("06", {"hangup_after": 3.0}),
        ("00", {}),
        ("10", {}),
        ("20", {}),
        ("99", {}),
    ],
)
def test_the_last_two_digits_choose_what_the_handset_does(
    tmp_path: Path, suffix: str, behaviour: dict[str, object]
) -> None:
    number = f"65123456{suffix}"
    for called in (number, f"+{number}"):
        assert sandbox.behaviour(called, tmp_path) == expected(tmp_path, number, **behaviour)


@pytest.mark.parametrize("digit", "123456789")
def test_11_to_19_press_a_digit_after_each_prompt(tmp_path: Path, digit: str) -> None:
    assert sandbox.behaviour(f"+651234561{digit}", tmp_path).press_after_prompt == digit


@pytest.mark.parametrize("called", ["", "alice", "../../etc/passwd", "6512/../x", "+65;x"])
def test_what_is_no_number_is_answered_and_not_kept(tmp_path: Path, called: str) -> None:
    assert sandbox.behaviour(called, tmp_path).record is None


def test_the_folder_for_what_is_heard_is_made(tmp_path: Path) -> None:
    heard = tmp_path / "cache" / "heard"
    behave = sandbox.behave(heard)
    assert heard.is_dir()
    assert (
        behave(IncomingCall("call-1", ("127.0.0.1", 5060), "+6512345678", "+6512341234")).record
        == heard / "6512345678.wav"
    )


def test_the_guide_names_every_special_number() -> None:
    for suffix in ("01", "02", "03", "04", "05", "06", "11..19"):
        assert suffix in sandbox.GUIDE
