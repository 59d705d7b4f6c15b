"""Whatever is in a call, its line is read back as it was, and no cell is a formula."""

import csv
import io
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from ringback.domain import call_record
from ringback.domain.call_record import COLUMNS, Lists, Spoken
from ringback.domain.number import Number
from ringback.domain.numbering import Numbering
from ringback.domain.rate import Rates
from ringback.domain.session import Direction, Leg, Session
from ringback.service.export_file import _written

TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXT, TEXT, TEXT)
def test_a_line_comes_back_as_it_was_and_runs_nothing(caller: str, called: str, said: str) -> None:
    leg = Leg(
        name="callA",
        call_id="c",
        direction=Direction.INBOUND,
        source=Number(caller),
        destination=Number(called),
        initiated=0.0,
    )
    session = Session(session_id="s", sub_account_id="acme", request_id="r", started=0.0, legs=[leg])
    rows = list(call_record.lines(session, [Spoken("c", said, len(said))], Lists(Rates([]), Numbering(), "main")))
    (read,) = csv.DictReader(io.StringIO(_written([COLUMNS, *rows]).decode(), newline=""))
    for column, text in (("SourceEndpoint", caller), ("DestinationEndpoint", called), ("Content", said)):
        assert read[column].removeprefix("'") == text.removeprefix("'")
        assert not read[column].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert read["TTSLength"] == str(len(said))
