"""What OpenAPI says of keys: which scope each route asks for, from the table that the door goes by."""

from service.callers.scopes import SCOPES

NAME = "key"
SCHEMES = {
    NAME: {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, as `sightsound keys create` or POST /v1/keys makes; the service may need none.",
    }
}


def asked_of_keys(route: str) -> list[dict[str, list[str]]]:
    """Nothing, or the key with its scope; `{}` stands for none, as on this machine."""
    scope = SCOPES.get(route, "admin")
    return [] if scope is None else [{}, {NAME: [scope]}]
