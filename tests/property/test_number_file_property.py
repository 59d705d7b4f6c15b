"""Whatever a file of numbers holds: it is read, or every fault has a line."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.domain.inventory import NumberDetails
from ringback.service.number_file import DETAILS, FileRefused, parse

CELLS = st.one_of(
    st.sampled_from(["+6512345678", "4930123456", "Active", "5", "true", "USD", "", " ", '"', "a\nb", "\x00", "=1+1"]),
    st.text(max_size=8),
)
HEADERS = st.lists(st.sampled_from([*DETAILS, "msisdn", "colour"]), max_size=4, unique=True)


def judge(content: bytes) -> None:
    try:
        found, said = parse(content), "line 1: nothing"
    except FileRefused as fault:
        found, said = {}, str(fault)
    assert said.startswith("line ")
    for digits, line in found.items():
        assert digits.isdecimal()
        NumberDetails().changed(line.details)


@given(st.binary(max_size=500))
def test_any_bytes_are_judged(content: bytes) -> None:
    judge(content)


@given(HEADERS, st.lists(st.lists(CELLS, max_size=5), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_table_is_judged(header: list[str], rows: list[list[str]], newline: str) -> None:
    content = newline.join(",".join(row) for row in [["msisdn", *header], *rows])
    judge(content.encode("utf-8", "surrogatepass"))
