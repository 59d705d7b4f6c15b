"""Numbers for an opt-out list from a CSV file."""

import pytest

from ringback.domain.number import Number
from ringback.service.number_file import MAX_BYTES, FileRefused
from ringback.service.opt_out_file import MAX_LINES, parse


def refused(content: bytes) -> list[str]:
    with pytest.raises(FileRefused) as fault:
        parse(content)
    return str(fault.value).splitlines()


@pytest.mark.parametrize(
    "content",
    [
        b"msisdn\n+6512345678\n4930123456\n",
        b'\xef\xbb\xbfname, msisdn ,since\r\nA,6512345678,now\r\n\r\n"B, C",4930123456\r\n6512345678,6512345678,\r\n',
    ],
)
def test_only_the_column_of_numbers_is_looked_at(content: bytes) -> None:
    assert parse(content) == [Number("6512345678"), Number("4930123456")]


def test_a_header_alone_holds_no_number() -> None:
    assert parse(b"msisdn\n") == []


@pytest.mark.parametrize("content", [b"", b"number\n6512345678\n", b"msisdn,msisdn\n1,2\n"])
def test_without_a_column_of_numbers_there_is_nothing(content: bytes) -> None:
    assert refused(content) == ["line 1: there must be one column msisdn"]


def test_every_line_that_is_none_is_named() -> None:
    assert refused(b"name,msisdn\nAnn,12\nBob\nCy,6512345678\nDi,+65 1234 5678\n") == [
        "line 2: msisdn: '12' is no number in E.164",
        "line 3: msisdn: '' is no number in E.164",
        "line 5: msisdn: '+65 1234 5678' is no number in E.164",
    ]


def test_a_file_has_an_end() -> None:
    lines = b"msisdn\n" + b"6512345678\n" * MAX_LINES
    assert parse(lines) == [Number("6512345678")]
    assert refused(lines + b"6512345678\n") == [f"line {MAX_LINES + 2}: more than {MAX_LINES} lines"]
    assert "larger than" in refused(b"msisdn\n" + b" " * MAX_BYTES)[0]
    assert refused(b"msisdn\n\xff\n") == ["line 2: is not UTF-8"]
