"""The one table of status codes and error codes: the API answers from it, the docs and the tests read it.

See the wire specification, sections 1.3 and 2.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

CREATED: Final = 1
INVALID_JSON: Final = -1001
VOICE_INVALID: Final = -1002
MAX_DIGITS_REQUIRED: Final = -1003
CALLBACK_URL_MISSING: Final = -1004
OVERALL_TIMEOUT_REQUIRED: Final = -1005
OVERALL_TIMEOUT_TOO_SHORT: Final = -1006
ACTION_UNKNOWN: Final = -1007
MAX_DIGITS_REQUIRED_WITHOUT_HASH: Final = -1008
ENTRY_INVALID: Final = -1009
TOO_MANY_ACTIONS: Final = -1010
SEVERAL_DESTINATIONS: Final = -1011
HANGUP_NOT_LAST: Final = -1012
FIRST_NOT_MAKE_CALL: Final = -1013
SOURCE_NOT_ALLOWED: Final = -1014
EXPIRED: Final = -1015
CHARACTERS_INVALID: Final = -1016
DESTINATION_INVALID: Final = -1017
SCENARIO_NOT_ALONE: Final = -1018
SCENARIO_NAME_EMPTY: Final = -1019
SCENARIO_UNKNOWN: Final = -1020
UNKNOWN_ERROR: Final = -9999
INTERNAL: Final = -2001
NOT_CONNECTED: Final = -2002
CALLFLOW_INVALID: Final = -2003
NO_COVERAGE: Final = -2004
NOT_SYNTHESIZED: Final = -2005
NOT_DOWNLOADED: Final = -2006
SESSION_EXPIRED: Final = -2007
SOURCE_NOT_WHITELISTED: Final = -2008
SCENARIO_PARAMS_INVALID: Final = -2009
TRUNK_FULL: Final = -2010
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
KEY_USED: Final = 422
TOO_MANY_REQUESTS: Final = 429


class StatusCode(msgspec.Struct, frozen=True):
    """A row of the table: how a `POST /callflows` is answered."""

    code: int
    message: str
    """The `statusMessage`; `{id}` and `{detail}` stand for what is filled in."""
    http: int
    """The HTTP status."""
    when: str
    """What causes it, for the documentation."""


_ROWS = (
    StatusCode(CREATED, "Created", 200, "accepted: the session is on disk"),
    StatusCode(
        INVALID_JSON,
        "Invalid JSON request body",
        400,
        "not JSON, not UTF-8, a lone surrogate, not an object, nested deeper than 64, larger than 256 KiB",
    ),
    StatusCode(
        VOICE_INVALID,
        "Speech profile or language parameter invalid",
        422,
        "`voiceProfile` unknown, empty or not a string; or neither it nor a known `language`",
    ),
    StatusCode(
        MAX_DIGITS_REQUIRED,
        "Valid maxDigits required when minDigits provided",
        422,
        "`minDigits` given and `maxDigits` absent, outside 1..25 or less than `minDigits`",
    ),
    StatusCode(
        CALLBACK_URL_MISSING,
        "DTMF callback url not provided",
        422,
        "a sayAndCapture, and neither `dtmfCallbackUrl` nor an enabled VCA webhook",
    ),
    StatusCode(
        OVERALL_TIMEOUT_REQUIRED,
        "Valid overallTimeout is required when digitTimeout provided",
        422,
        "`digitTimeout` given and `overallTimeout` absent or not a positive integer",
    ),
    StatusCode(
        OVERALL_TIMEOUT_TOO_SHORT,
        "OverallTimeout should be greater than digitTimeout",
        422,
        "`overallTimeout` less than `digitTimeout` (equal is accepted)",
    ),
    StatusCode(
        ACTION_UNKNOWN,
        "Invalid action type was used. Accepted action type is [say, sayAndcapture, makeCall, hangup, playFile]",
        400,
        "an unknown, missing or non-string `action`",
    ),
    StatusCode(
        MAX_DIGITS_REQUIRED_WITHOUT_HASH,
        "Valid maxDigits is required when completeOnHash is false",
        422,
        "`completeOnHash` false and `maxDigits` absent or outside 1..25",
    ),
    StatusCode(
        ENTRY_INVALID,
        "Invalid call flow entry provided. {detail}",
        400,
        "a required field missing, a wrong type, a value out of range, an invalid URL, an entry that is no object",
    ),
    StatusCode(
        TOO_MANY_ACTIONS,
        "Some actions are provided beyond the allowed count",
        422,
        "more than 2 makeCall, or more than 50 actions (configurable)",
    ),
    StatusCode(
        SEVERAL_DESTINATIONS,
        "Multiple destination phone numbers found in the request",
        422,
        "a `destination` that is a list or holds several numbers, or one on another action that differs from the first "
        "makeCall's",
    ),
    StatusCode(
        HANGUP_NOT_LAST,
        "Invalid Callflow : Incorrect use of action Hangup",
        422,
        "an action after a hangup",
    ),
    StatusCode(
        FIRST_NOT_MAKE_CALL,
        "Invalid Callflow : First action should be a MakeCall action",
        422,
        "the first action is another one (executeScenario aside)",
    ),
    StatusCode(
        SOURCE_NOT_ALLOWED,
        "Source or caller ID is not allowed",
        422,
        "`source` is neither a virtual number of the subaccount nor one of its allowed caller IDs",
    ),
    StatusCode(
        EXPIRED,
        "The validity period of the call flow request has expired",
        422,
        "`validUntil` in the past",
    ),
    StatusCode(
        CHARACTERS_INVALID,
        "Invalid Callflow Content: Some special characters are invalid/unaccepted",
        422,
        "a text with control characters other than tab, newline and return, non-characters or bidirectional overrides",
    ),
    StatusCode(
        DESTINATION_INVALID,
        "Invalid MSISDN format in Destination",
        422,
        "`destination` is not a possible E.164 number",
    ),
    StatusCode(
        SCENARIO_NOT_ALONE,
        "Invalid Callflow: Execute Scenario cannot be processed together with other actions",
        422,
        "executeScenario beside another action",
    ),
    StatusCode(
        SCENARIO_NAME_EMPTY,
        "Invalid Callflow Content: scenarioName is null or empty",
        422,
        "`scenarioName` absent, null or empty",
    ),
    StatusCode(
        SCENARIO_UNKNOWN,
        "Invalid Callflow: Invalid scenarioName or the account doesn't have permission to execute this scenario",
        422,
        "`scenarioName` unknown, or not granted to the subaccount",
    ),
    StatusCode(
        UNKNOWN_ERROR,
        "An unknown error has occurred.",
        500,
        "a fault of the server; its cause is logged under the `callFlowRequestId`",
    ),
    StatusCode(
        UNAUTHORIZED,
        "Authentication header not found or token invalid",
        401,
        "no, a malformed, an unknown, a revoked or an expired API key",
    ),
    StatusCode(
        FORBIDDEN,
        "The API key does not have the scope {detail}",
        403,
        "a valid key that was not made for such requests",
    ),
    StatusCode(
        NOT_FOUND,
        "SubAccount not found by Id : {id}",
        404,
        "a valid key, and a subaccount that is unknown or not its own",
    ),
    StatusCode(
        KEY_USED,
        "Idempotency-Key was used with another request",
        422,
        "the same `Idempotency-Key` within 24 hours, and another body",
    ),
    StatusCode(TOO_MANY_REQUESTS, "Too many requests", 429, "over the rate limit; see `Retry-After`"),
)

STATUS_CODES: Final[Mapping[int, StatusCode]] = MappingProxyType({row.code: row for row in _ROWS})
"""How a `POST /callflows` can be answered."""

PRECEDENCE: Final = (
    UNAUTHORIZED,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FORBIDDEN,
    KEY_USED,
    INVALID_JSON,
    ENTRY_INVALID,  # `callflow` itself and its entries
    ACTION_UNKNOWN,
    SCENARIO_NOT_ALONE,
    SCENARIO_NAME_EMPTY,
    SCENARIO_UNKNOWN,
    FIRST_NOT_MAKE_CALL,
    TOO_MANY_ACTIONS,
    HANGUP_NOT_LAST,
    ENTRY_INVALID,  # the params of an entry
    SEVERAL_DESTINATIONS,
    DESTINATION_INVALID,
    SOURCE_NOT_ALLOWED,
    CHARACTERS_INVALID,
    VOICE_INVALID,
    MAX_DIGITS_REQUIRED,
    MAX_DIGITS_REQUIRED_WITHOUT_HASH,
    OVERALL_TIMEOUT_REQUIRED,
    OVERALL_TIMEOUT_TOO_SHORT,
    CALLBACK_URL_MISSING,
    ENTRY_INVALID,  # `validUntil`, `clientRequestId`, `clientActionId`
    EXPIRED,
)
"""Which code is reported when several rules are broken: the first of these. -1009 has three places."""

ERROR_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        INTERNAL: "An internal error has occurred",
        NOT_CONNECTED: "An internal connectivity error has occurred",
        CALLFLOW_INVALID: "The call flow provided is invalid",
        NO_COVERAGE: "No coverage available for requested area",
        NOT_SYNTHESIZED: "Unable to synthesize text to speech",
        NOT_DOWNLOADED: "Unable to download file for playback",
        SESSION_EXPIRED: "The validity period of the call flow request has expired",
        SOURCE_NOT_WHITELISTED: "The provided source MSISDN or caller ID is not whitelisted",
        SCENARIO_PARAMS_INVALID: "The scenario parameters provided is invalid",
        TRUNK_FULL: "The trunk capacity has been exceeded",
        UNKNOWN_ERROR: "An unknown error has occurred",
    }
)
"""Why a session can end with ERROR: `errorCode` and `errorMsg` of a session summary."""
