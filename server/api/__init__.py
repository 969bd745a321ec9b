"""HTTP: version 1 of the contract under /api/v1, described by the OpenAPI document that this code generates."""

import uuid
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from server.api import problems
from server.api.guard import COOKIE
from server.api.routes.audit import audit_routes
from server.api.routes.cases import case_routes
from server.api.routes.changes import changes
from server.api.routes.health import health, measure
from server.api.routes.inbox import inbox
from server.api.routes.indicators import figures
from server.api.routes.looks import looks
from server.api.routes.notices import notices
from server.api.routes.photos import photo_routes
from server.api.routes.places import places
from server.api.routes.push import push
from server.api.routes.pwa import pwa
from server.api.routes.reports import reports
from server.api.routes.sessions import me, sessions
from server.api.schemas.values import Moment

PREFIX = "/api/v1"


class CompactJson(DefaultJSONProvider):
    """JSON with instants in RFC 3339, in the order the views wrote it."""

    sort_keys = False
    ensure_ascii = False
    compact = True

    @staticmethod
    def default(value: Any) -> Any:
        """What JSON has no word for."""
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, uuid.UUID):
            return str(value)
        raise TypeError(f"{type(value).__name__} has no JSON form")


class Document(Api):  # type: ignore[misc]  # flask-smorest is untyped
    """flask-smorest without its own error answers: problem documents are the only dialect."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def register(app: Flask) -> None:
    """Hang every route into the app and generate its document."""
    app.json = CompactJson(app)
    app.config |= {
        "API_TITLE": "Gridloop 网格闭环",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": PREFIX,
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "docs",
        "OPENAPI_SWAGGER_UI_URL": "/api-docs/",
    }
    problems.register(app)
    measure(app)
    document = Document(
        app,
        spec_kwargs={
            "components": {
                "securitySchemes": {
                    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                    "bearer": {"type": "http", "scheme": "bearer"},
                }
            }
        },
    )
    document.register_field(Moment, "string", "date-time")
    for blueprint in (
        sessions, me, places, reports, case_routes, photo_routes, changes, looks, inbox, push, notices, figures,
        audit_routes,
    ):  # fmt: skip
        document.register_blueprint(blueprint, url_prefix=PREFIX)
    document.register_blueprint(health)
    app.register_blueprint(pwa)
