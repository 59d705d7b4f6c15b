"""`docs/interop.md` has every cell, and every cell comes from a test or a reason."""

from tests.interop.page import PAGE, Outcome, cell, page, table_of
from tests.interop.situations import NOT_POSSIBLE, Peer, Situation

_FAILED = Outcome(passed=False)


def test_the_page_has_every_cell() -> None:
    table = table_of(PAGE.read_text(encoding="utf-8"))
    assert list(table) == [(situation, peer) for situation in Situation for peer in Peer]
    for place, said in table.items():
        reason = NOT_POSSIBLE.get(place)
        assert said == f"not possible: {reason}" if reason else said.startswith(("yes", "**no**")), (place, said)


def test_a_cell_is_a_yes_only_where_every_run_of_it_passed() -> None:
    fine = Outcome(passed=True, note="10 of 10 calls")
    assert cell([fine, Outcome(passed=True)], None) == "yes: 10 of 10 calls"
    assert cell([fine, _FAILED], None) == "**no**: 10 of 10 calls"
    assert cell([], "it is a stone") == "not possible: it is a stone"
    assert cell([], None) == "not tried"


def test_a_page_names_the_peers_and_what_was_not_tried() -> None:
    text = page({(Situation.CALL_OUT, Peer.SIPP): [Outcome(passed=True)]}, dict.fromkeys(Peer, "1.0"))
    assert "| SIPp 1.0 | baresip 1.0 | Linphone 1.0 |" in text
    assert f"| {Situation.CALL_OUT.value} | yes | not tried | not tried |" in text


def test_a_run_of_some_cells_leaves_the_others_as_they_were() -> None:
    one, other = (Situation.CALL_OUT, Peer.SIPP), (Situation.CALL_IN, Peer.SIPP)
    first = page({one: [_FAILED], other: [Outcome(passed=True, note="of 7")]}, dict.fromkeys(Peer, "1.0"))
    second = page({one: [Outcome(passed=True)]}, dict.fromkeys(Peer, "2.0"), table_of(first))
    assert {place: table_of(second)[place] for place in (one, other)} == {one: "yes", other: "yes: of 7"}
