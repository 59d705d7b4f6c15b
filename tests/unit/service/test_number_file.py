import pytest

from ringback.domain.inventory import MAX_NUMBERS
from ringback.service.number_file import MAX_BYTES, SHOWN, FileRefused, parse


def refused(content: bytes) -> list[str]:
    with pytest.raises(FileRefused) as fault:
        parse(content)
    return str(fault.value).splitlines()


def test_a_file_says_what_its_cells_say() -> None:
    content = b"msisdn,referenceId,rentalPrice\n+15550100100,main,5.0\n4930123456,,\n"
    found = parse(content)
    assert {digits: (line.line, line.details) for digits, line in found.items()} == {
        "15550100100": (2, {"referenceId": "main", "rentalPrice": "5.0"}),
        "4930123456": (3, {}),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfmsisdn\r\n6512345678\r\n",
        b"msisdn\n6512345678",
        b" msisdn ,trunk\n\n 6512345678 , \n,\n",
        b'"msisdn"\n"6512345678"\n',
    ],
)
def test_what_spreadsheets_write_is_read(content: bytes) -> None:
    assert list(parse(content)) == ["6512345678"]


def test_a_header_alone_holds_no_number() -> None:
    assert parse(b"msisdn\n") == {}


def test_every_bad_line_is_named_with_its_cause() -> None:
    content = (
        "msisdn,referenceId,billingUnit,billingCurrency\n"
        "+15550100100,main,60,USD\n"
        "hello,,,\n"
        "6512345678,,0,\n"
        "\n"
        '4930123456,"two\nlines",,\n'
        "+1 555,,,\n"
        "15550100100,,,\n"
        "4930123457,,\n"
        "4930123458,,,usd\n"
        ",lost,,\n"
    )
    lines = refused(content.encode())
    assert [line.partition(":")[0] for line in lines] == [f"line {number}" for number in (3, 4, 7, 8, 9, 10, 11, 12)]
    for line, says in zip(
        lines, ("'hello'", "billingUnit", "referenceId", "+1 555", "line 2", "3 cells", "USD", "''"), strict=True
    ):
        assert says in line


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1: there is no column msisdn"),
        (b"number\n6512345678\n", "line 1: there is no column msisdn"),
        (b"msisdn;trunk\n6512345678;x\n", "line 1: there is no column msisdn"),
        (b"msisdn,colour\n", "line 1: there is no column 'colour'"),
        (b"msisdn,msisdn\n", "line 1: the column msisdn is there twice"),
        (b"msisdn,referenceId\n6512345678,a\n6512345679,\xff\n", "line 3: is not UTF-8"),
        ("msisdn\n6512345678".encode("utf-16"), "line 1: is not UTF-8"),
        (b'msisdn\n"6512345678\n', "line 2: is no CSV"),
        (b'msisdn\n"6512345678"x\n', "line 2: is no CSV"),
        (b"x" * (MAX_BYTES + 1), "line 1: the file is larger"),
    ],
)
def test_a_file_that_is_none_is_refused(content: bytes, says: str) -> None:
    (line,) = refused(content)
    assert line.startswith(says)


def test_more_faults_than_are_told_are_counted() -> None:
    lines = refused(b"msisdn\n" + b"x\n" * (SHOWN + 5))
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "and 5 more"


def test_a_file_of_more_numbers_than_there_is_room_for_is_refused() -> None:
    content = "msisdn\n" + "".join(f"4930{number:08d}\n" for number in range(MAX_NUMBERS + 5))
    assert refused(content.encode()) == [f"line {MAX_NUMBERS + 2}: more than {MAX_NUMBERS} numbers"]
