import pytest

from ringback.client import AsyncClient, Client


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_is_made_of_the_environment(kind: type[Client] | type[AsyncClient]) -> None:
    made = kind.from_environment({"RINGBACK_API_KEY": "secret"})
    assert repr(made) == f"{kind.__name__}(http://127.0.0.1:8080/api/v1/subaccounts/sandbox)"
    environment = {"RINGBACK_URL": "https://a/b", "RINGBACK_SUBACCOUNT": "acme", "RINGBACK_API_KEY": "secret"}
    assert repr(kind.from_environment(environment)) == f"{kind.__name__}(https://a/b/api/v1/subaccounts/acme)"
    with pytest.raises(KeyError, match="RINGBACK_API_KEY"):
        kind.from_environment({})
