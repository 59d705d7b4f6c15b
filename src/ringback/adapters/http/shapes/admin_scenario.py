"""What the admin API takes and gives of scenarios and opt-out lists."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringback.adapters.http.shapes.admin import Page, said
from ringback.adapters.http.shapes.opt_out import OptOut
from ringback.adapters.http.shapes.scalars import DESTINATION, MOMENT, GivenNumber, Moment
from ringback.adapters.http.shapes.success import Success
from ringback.domain.parameter import NumberParameter
from ringback.domain.scenario import SCENARIO_NAME, Template

GivenName = Annotated[str, Meta(extra_json_schema={"pattern": f"^{SCENARIO_NAME.pattern}$"})]


class ListedTemplate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A scenario, and who may execute it."""

    name: str
    version: int
    """The newest."""
    created_at: Moment | None
    """When this version came; null: it ships with the server."""
    granted_to_all: bool
    granted_to: list[str]
    """Subaccounts that it is granted to by name."""


class TemplateList(Page, frozen=True, kw_only=True):
    """A page of scenarios, by name."""

    scenarios: list[ListedTemplate]


class FoundTemplate(Success, frozen=True, kw_only=True):
    """A version of a scenario."""

    name: str
    version: int
    template: Template


class KeptTemplate(Success, frozen=True, kw_only=True):
    """The version that the scenario has now."""

    name: str
    version: int


class GivenOptOut(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A number that wants no more calls."""

    msisdn: GivenNumber


class OwnedOptOuts(Page, frozen=True, kw_only=True):
    """A page of the opt-out list, the newest first."""

    opt_outs: list[OptOut]


class KeptOptOut(Success, frozen=True, kw_only=True):
    """The number as it is on the list."""

    opt_out: OptOut


TEMPLATE: Final = Template(
    description="Reminds of an appointment.",
    parameters={"source": NumberParameter(), "destination": NumberParameter()},
    callflow=[
        {"action": "makeCall", "params": {"source": "${source}", "destination": "${destination}"}},
        {"action": "say", "params": {"text": "We see you tomorrow.", "language": "en-US"}},
    ],
)
TEMPLATES: Final = TemplateList(
    **said(
        scenarios=[
            ListedTemplate(name="reminder", version=3, created_at=MOMENT, granted_to_all=False, granted_to=["acme"])
        ],
        next_cursor=None,
    )
)
FOUND: Final = FoundTemplate(**said(name="reminder", version=3, template=TEMPLATE))
KEPT: Final = KeptTemplate(**said(name="reminder", version=4))
_ENTRY: Final = OptOut(msisdn=DESTINATION, created_at=MOMENT, session_id=None)
OPT_OUTS: Final = OwnedOptOuts(**said(opt_outs=[_ENTRY], next_cursor=None))
OPT_OUT: Final = KeptOptOut(**said(opt_out=_ENTRY))
"""For examples."""
