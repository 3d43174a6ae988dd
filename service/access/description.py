"""What OpenAPI says of keys: which scope each route asks for, from the table that the door goes by."""

from typing import Any

from fastapi import FastAPI

from service.callers.scopes import SCOPES

NAME = "key"
SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key, as `sightsound keys create` or POST /v1/keys makes; the service may need none.",
}


def describe(app: FastAPI) -> None:
    """Have the application's description say it."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        found = plain()
        if NAME not in found.setdefault("components", {}).setdefault("securitySchemes", {}):
            found["components"]["securitySchemes"][NAME] = SCHEME
            for path, methods in found["paths"].items():
                for method, operation in methods.items():
                    operation["security"] = _asked(f"{method.upper()} {path}")
        return found

    app.openapi = described  # type: ignore[method-assign]


def _asked(route: str) -> list[dict[str, list[str]]]:
    """Nothing, or the key with its scope; `{}` stands for none, as on this machine."""
    scope = SCOPES.get(route, "admin")
    return [] if scope is None else [{}, {NAME: [scope]}]
