"""`GET /scenarios`: what a subaccount may execute."""

from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes
from ringback.adapters.http.operation import Answer, Operation
from ringback.adapters.http.replies import OK, reply
from ringback.adapters.http.shapes import scenario as shapes
from ringback.service import scenarios
from ringback.service.ports import Subaccount


class ScenarioEndpoints:
    """Shows the scenarios of a subaccount."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/scenarios",
            id="listScenarios",
            tag="Callflows",
            summary="List the scenarios",
            description="Those that an `executeScenario` of the subaccount may name, with their parameters.",
            answers=(Answer(200, "All of them.", shapes.ScenarioList, {"one": shapes.SCENARIOS}),),
        ),
    )

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/scenarios": {"GET": self._list}}

    async def _list(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {"scenarios": scenarios.views(subaccount), **OK})
