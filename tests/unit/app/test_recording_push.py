"""`ringback admin recording-push`."""

import io
import json
import sys

import pytest
from tests.unit.app.commands import Terminal
from tests.unit.app.test_admin import ACME, bootstrap

COMMAND = ("admin", "recording-push")
SFTP = ("protocol=SFTP", "host=files.example", "username=ann", "path=/in/")


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it come from standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("hush\n"))


def test_a_target_is_set_shown_and_removed_without_its_password(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert terminal.lines(*COMMAND, "set", *SFTP, "port=2222", *ACME) == []
    (line,) = terminal.lines(*COMMAND, "show", *ACME)
    assert json.loads(line) == {
        "subAccountId": "acme",
        "protocol": "SFTP",
        "host": "files.example",
        "port": 2222,
        "username": "ann",
        "passwordSet": True,
        "path": "/in/",
        "waiting": 0,
    }
    assert terminal.lines(*COMMAND, "retry", *ACME) == ["0 recordings are pushed again"]
    assert terminal.lines(*COMMAND, "remove", *ACME) == []
    for command in ("show", "retry", "remove"):
        assert terminal.refusal(*COMMAND, command, *ACME) == "there is no place that recordings are pushed to"


def test_the_password_is_asked_for_at_a_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap(terminal)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda: "asked for")
    assert terminal.lines(*COMMAND, "set", *SFTP, *ACME) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*SFTP, "hostkey=x"), "hostkey: should be one of: host, hostKey, path, port, protocol, region, username"),
        ((*SFTP, "password=hush"), "password: should be one of: "),
        ((*SFTP, "port=x"), "$.port"),
        ((*SFTP, "protocol=FTP"), "protocol: should be one of: S3, SFTP"),
        (("protocol=SFTP", "username=ann"), "host"),
        ((*SFTP, "path"), "give it as NAME=VALUE"),
    ],
)
def test_a_mistake_is_said_and_changes_nothing(terminal: Terminal, words: tuple[str, ...], says: str) -> None:
    bootstrap(terminal)
    assert says in terminal.refusal(*COMMAND, "set", *words, *ACME)
    assert terminal.refusal(*COMMAND, "show", *ACME) == "there is no place that recordings are pushed to"


def test_a_password_that_is_missing_is_said(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap(terminal)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert "password: should be 1..1024" in terminal.refusal(*COMMAND, "set", *SFTP, *ACME)


def test_a_subaccount_that_is_not_there_is_said(terminal: Terminal) -> None:
    assert "nobody" in terminal.refusal(*COMMAND, "set", *SFTP, "--subaccount", "nobody")
