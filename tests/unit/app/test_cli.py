"""The command line: its words, its errors, its log."""

import pytest
import structlog
from tests.unit.app.commands import Terminal

from ringback import __version__
from ringback.app import check
from ringback.app.log import log_to_stderr


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal.lines("--version") == [__version__]


def test_the_help_names_every_command(terminal: Terminal) -> None:
    outcome = terminal.run("--help")
    for command in ("serve", "demo", "check", "call", "handset", "admin", "doctor"):
        assert command in outcome.out


@pytest.mark.parametrize(
    "words", [("nothing",), ("check",), ("serve", "--port", "1"), ("call", "1"), ("admin", "nothing")]
)
def test_a_wrong_word_ends_with_an_error(terminal: Terminal, words: tuple[str, ...]) -> None:
    outcome = terminal.run(*words)
    assert outcome.code != 0
    assert outcome.out + outcome.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("handset", "--reject", "200"), "300..699"),
        (("handset", "--reject", "700"), "300..699"),
        (("handset", "--press", "x@1"), "digits are 0-9"),
        (("handset", "--press", "1@x"), "number of seconds"),
        (("handset", "--listen", "tcp:127.0.0.1:5070"), "udp:ADDRESS:PORT"),
        (("handset", "--listen", "udp:localhost:5070"), "udp:ADDRESS:PORT"),
        (("serve", "--config", "nothing.toml"), "nothing.toml"),
        (("call", "+6512345678", "--from", "6512341234"), "give either --say TEXT or --file"),
        (("call", "1", "--from", "1", "--say", "x", "--file", "y"), "give either --say TEXT or --file"),
        (("call", "1", "--from", "1", "--file", "nothing.json"), "nothing.json"),
        (("call", "1", "--from", "1", "--say", "x"), "no subaccount: run ringback admin bootstrap"),
    ],
)
def test_what_a_user_can_cause_is_one_line(terminal: Terminal, words: tuple[str, ...], says: str) -> None:
    assert says in terminal.refusal(*words)


def test_a_call_without_a_server_says_how_to_start_one_and_leaves_no_key(terminal: Terminal) -> None:
    (terminal.folder / "ringback.toml").write_text("[http]\nport = 9\n")  # the discard port: nobody listens there
    terminal.lines("admin", "bootstrap", "--subaccount", "acme", "--caller-id", "6512341234")
    said = terminal.refusal("call", "+6512345678", "--from", "6512341234", "--say", "Hello")
    assert said.startswith("no server answers at http://127.0.0.1:9 ")
    assert said.endswith("start one with ringback serve")
    assert [row.split()[-1] for row in terminal.lines("admin", "key", "list")] == ["bootstrap"]


def test_of_several_subaccounts_one_must_be_chosen(terminal: Terminal) -> None:
    for name in ("acme", "other"):
        terminal.lines("admin", "subaccount", "add", name)
    assert "give --subaccount" in terminal.refusal("call", "1", "--from", "1", "--say", "x")


def test_a_fault_of_ours_is_shown_whole(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(check, "check", fail)
    with pytest.raises(ZeroDivisionError):
        terminal.run("check", "x.json")


def _fail_with(authorization: str) -> None:
    secret = authorization.removeprefix("Bearer ")
    message = f"a fault near {len(secret)} characters"
    raise ValueError(message)


@pytest.mark.parametrize("how", ["serve", "any command"])
def test_a_fault_is_logged_with_its_traceback_and_without_the_secrets_around_it(terminal: Terminal, how: str) -> None:
    def log() -> None:
        if how == "serve":
            log_to_stderr()
        try:
            _fail_with("Bearer " + "hush" * 3)
        except ValueError:
            structlog.get_logger("test").exception("request-failed")

    terminal.run("--version")  # sets up the log of any command
    log()
    printed = terminal._capsys.readouterr()
    assert "request-failed" in printed.err
    assert "a fault near 12 characters" in printed.err
    assert "_fail_with" in printed.err
    assert "hushhush" not in printed.err
    assert printed.out == ""
