"""`/scenarios` of the admin API: callflow templates, and who may execute them."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as admin_shapes
from ringback.adapters.http.shapes import admin_scenario as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.domain.scenario import MAX_TEMPLATE, Template
from ringback.service.operator import Operator
from ringback.service.pages import LAST_PLACE
from ringback.service.scenario_store import MAX_SCENARIOS
from ringback.service.webhooks import ParameterInvalid

_NAME: Final = Parameter("name", "path", "Of the scenario.", shapes.GivenName, "reminder")
_UNKNOWN: Final = parts.missing("there is no scenario reminder")
_SHIPPED: Final = answers.conflict("the scenario reminder ships with the server and stays as it is; take another name")


class ScenarioTemplates:
    """Lists, shows, changes and grants scenarios."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/scenarios",
            "listTemplates",
            "List the scenarios",
            Answer(200, "A page.", shapes.TemplateList, {"scenarios": shapes.TEMPLATES}),
            parts.BAD_PAGE,
            parameters=parts.PAGE,
            description="Those that ship with the server, too.",
        ),
        parts.operation(
            "GET",
            "/scenarios/{name}",
            "showTemplate",
            "Show the template of a scenario",
            Answer(200, "A version of it.", shapes.FoundTemplate, {"template": shapes.FOUND}),
            _UNKNOWN,
            answers.invalid_parameter("version: should be a number, 1 or above"),
            parameters=(
                _NAME,
                Parameter("version", "query", "The newest where none is given.", Annotated[int, Meta(ge=1)], 3),
            ),
        ),
        parts.operation(
            "PUT",
            "/scenarios/{name}",
            "putTemplate",
            "Add a scenario, or a version of it",
            Answer(200, "It is there.", shapes.KeptTemplate, {"kept": shapes.KEPT}),
            _SHIPPED,
            answers.conflict(f"there are at most {MAX_SCENARIOS} scenarios"),
            answers.invalid_parameter("the callflow names ${to}, and no such parameter is declared"),
            parameters=(_NAME,),
            body=Body(Template, {"a template": shapes.TEMPLATE}),
            description="An equal template adds no version. Sessions that were accepted before run with theirs.",
        ),
        parts.operation(
            "DELETE",
            "/scenarios/{name}",
            "removeTemplate",
            "Remove a scenario with its versions and grants",
            parts.DONE,
            _UNKNOWN,
            _SHIPPED,
            parameters=(_NAME,),
        ),
        parts.operation(
            "PUT",
            "/scenarios/{name}/grants/{sub_account_id}",
            "grantScenario",
            "Let a subaccount execute a scenario",
            parts.DONE,
            _UNKNOWN,
            parameters=(_NAME,),
        ),
        parts.operation(
            "DELETE",
            "/scenarios/{name}/grants/{sub_account_id}",
            "revokeScenario",
            "Let a subaccount execute a scenario no longer",
            parts.DONE,
            parts.missing("there is no such grant of a scenario reminder"),
            parameters=(_NAME,),
            description="One that is granted to all is not taken from one.",
        ),
        parts.operation(
            "PUT",
            "/scenarios/{name}/grant-to-all",
            "grantScenarioToAll",
            "Let every subaccount execute a scenario",
            parts.DONE,
            _UNKNOWN,
            parameters=(_NAME,),
            description="Those to come, too.",
        ),
        parts.operation(
            "DELETE",
            "/scenarios/{name}/grant-to-all",
            "revokeScenarioFromAll",
            "Take back that every subaccount may execute a scenario",
            parts.DONE,
            parts.missing("there is no such grant of a scenario reminder"),
            parameters=(_NAME,),
            description="Those stay that subaccounts have by name.",
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            "/scenarios": {"GET": self._list},
            "/scenarios/{name}": {"GET": self._show, "PUT": self._put, "DELETE": self._remove},
            "/scenarios/{name}/grants/{sub_account_id}": {"PUT": self._grant, "DELETE": self._revoke},
            "/scenarios/{name}/grant-to-all": {"PUT": self._grant, "DELETE": self._revoke},
        }

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.scenarios()
        page, cursor = parts.page_of(found, lambda each: each.scenario.name, request.query_params)
        shown = [
            shapes.ListedTemplate(
                name=each.scenario.name,
                version=each.scenario.version,
                created_at=parts.moment(each.created),
                granted_to_all=each.is_granted_to_all,
                granted_to=list(each.granted_to),
            )
            for each in page
        ]
        return reply(200, shapes.TemplateList(**said(scenarios=shown, next_cursor=cursor)))

    async def _show(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.scenario(request.path_params["name"], _version(request.query_params.get("version")))
        return reply(200, shapes.FoundTemplate(**said(name=found.name, version=found.version, template=found.template)))

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        name = request.path_params["name"]
        version = await operator.add_scenario(name, await read_parameters(request, MAX_TEMPLATE))
        return reply(200, shapes.KeptTemplate(**said(name=name, version=version)))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_scenario(request.path_params["name"])
        return reply(200, admin_shapes.OK)

    async def _grant(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.grant_scenario(request.path_params["name"], request.path_params.get("sub_account_id"))
        return reply(200, admin_shapes.OK)

    async def _revoke(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.revoke_scenario(request.path_params["name"], request.path_params.get("sub_account_id"))
        return reply(200, admin_shapes.OK)


def _version(text: str | None) -> int | None:
    """Read `version`. Raises ParameterInvalid."""
    if text is None:
        return None
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LAST_PLACE))
    if not is_number or not 1 <= int(text) <= LAST_PLACE:
        message = "version: should be a number, 1 or above"
        raise ParameterInvalid(message)
    return int(text)
