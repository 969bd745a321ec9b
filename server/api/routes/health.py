"""Alive, ready, measured: what load balancers and Prometheus ask."""

import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.api.guard import GuardedBlueprint, open_to_all
from server.db import reading
from server.migrations.chain import is_current
from server.services import reference

health = GuardedBlueprint("health", __name__, description="健康 Health")

_requests = Counter("gridloop_requests_total", "Answered requests", ["endpoint", "method", "status"])
_seconds = Histogram("gridloop_request_seconds", "Time to answer, in seconds", ["endpoint"])


class HealthSchema(Schema):
    status = fields.String(required=True)
    missing = fields.List(fields.String(), metadata={"description": "database, schema or grids"})


def measure(app: Flask) -> None:
    """Count and time every request of this process."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def stop(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        _requests.labels(endpoint, request.method, response.status_code).inc()
        _seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return response


@health.route("/healthz", method="GET", guard=open_to_all, answers={200: HealthSchema()})
def alive() -> dict[str, Any]:
    """The process answers."""
    return {"status": "alive"}


@health.route("/readyz", method="GET", guard=open_to_all, answers={200: HealthSchema(), 503: HealthSchema()})
def ready() -> tuple[Response, int]:
    """The database answers, its schema is at or past this code's head, and grids are loaded."""
    missing: list[str] = []
    try:
        with reading() as snapshot:
            version = snapshot.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if not is_current(version):
                missing.append("schema")
            elif len(reference.atlas(snapshot).locator) == 0:
                missing.append("grids")
    except SQLAlchemyError:
        missing.append("database")
    body = {"status": "not ready", "missing": missing} if missing else {"status": "ready"}
    return jsonify(body), 503 if missing else 200


@health.route("/metrics", method="GET", guard=open_to_all, answers={200: "text/plain"})
def metrics() -> Response:
    """Prometheus, for this process; keep it from the public in the web server in front."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
