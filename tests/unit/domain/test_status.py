import pytest

from ringback.domain.session import LegStatus, leg_status
from ringback.domain.status import ERROR_CODES, PRECEDENCE, STATUS_CODES


def test_the_table_has_every_published_code_once() -> None:
    assert set(STATUS_CODES) == {1, *range(-1020, -1000), -9999, 401, 403, 404, 422, 429}
    assert all(row.code == code and row.message and row.when for code, row in STATUS_CODES.items())


def test_every_rejection_has_its_place_in_the_order() -> None:
    assert set(PRECEDENCE) == set(STATUS_CODES) - {1, -9999}
    assert sorted(code for code in set(PRECEDENCE) if PRECEDENCE.count(code) > 1) == [-1009]


def test_the_published_http_statuses_are_kept() -> None:
    others = {1: 200, -1001: 400, -1007: 400, -1009: 400, -9999: 500, 401: 401, 403: 403, 404: 404, 429: 429}
    assert {code: row.http for code, row in STATUS_CODES.items()} == {
        code: others.get(code, 422) for code in STATUS_CODES
    }


def test_every_session_error_has_its_text() -> None:
    assert set(ERROR_CODES) == {*range(-2010, -2000), -9999}


@pytest.mark.parametrize(
    ("sip_code", "rang", "status"),
    [
        (486, False, LegStatus.BUSY),
        (600, True, LegStatus.BUSY),
        (408, True, LegStatus.NO_ANSWER),
        (480, True, LegStatus.NO_ANSWER),
        (408, False, LegStatus.FAILED),
        (480, False, LegStatus.FAILED),
        (404, True, LegStatus.FAILED),
        (503, False, LegStatus.FAILED),
        (302, False, LegStatus.FAILED),
        (603, True, LegStatus.FAILED),
    ],
)
def test_a_refused_invite_ends_its_leg_by_the_response(sip_code: int, *, rang: bool, status: LegStatus) -> None:
    assert leg_status(sip_code, rang=rang) is status
