"""The baseline: Flask, Granian and bare psycopg reach the same rows by the same statements, and do nothing else.

    python -m tests.bench.bare SCRIPTS PORT THREADS PROCESSES

SCRIPTS is a pickled mapping (token, has a party) → what the office sent for one such report (see `recording`).
For every request the statements are sent again in one transaction, with this report's id, numbers, place and
text put in. No schema, no access check, no locator, no log, and a short answer.
"""

import hashlib
import hmac
import math
import pickle
import socket
import sys
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, jsonify, request

from server.services.log import canonical
from tests.bench.recording import Sent
from workers.listening import serve

CELL_DEGREES, ROW = 0.005, 100_000


def create_baseline(address: str, scripts: dict[tuple[str, bool], list[Sent]]) -> Flask:
    """The whole baseline application."""
    app = Flask("bare")
    held = threading.local()

    def connection() -> psycopg.Connection[Any]:
        if not hasattr(held, "connection"):
            held.connection = psycopg.connect(address, autocommit=True)
        found: psycopg.Connection[Any] = held.connection
        return found

    @app.put("/api/v1/reports/<uuid:report_id>")
    def file_report(report_id: uuid.UUID) -> tuple[Any, int]:
        body = request.get_json()
        token = request.headers["Authorization"].removeprefix("Bearer ")
        content = hmac.digest(b"key", canonical(body).encode(), "sha256")
        place = body["location"]
        new: dict[str, Any] = {
            "id": report_id, "content": content, "now": datetime.now(UTC), "text": body["text"],
            "lon": place["lon"], "lat": place["lat"],
            "cell": middle_cell(place["lon"], place["lat"]), "cells": cells_around(place["lon"], place["lat"]),
            "token": hashlib.sha256(token.encode()).digest(), "photo": bytes.fromhex(body["photos"][0]),
        }  # fmt: skip
        identify, *rest = scripts[token, bool(body["parties"])]
        link = connection()
        with link.cursor() as cursor:
            identify.send(cursor, new)
            with link.transaction():
                for sent in rest:
                    rows = sent.send(cursor, new)
                    if sent.draws_numbers:
                        new["number"], new["change"] = rows[0]
        return jsonify({"report_id": report_id, "number": new["number"], "state": "submitted"}), 201

    return app


def middle_cell(lon: float, lat: float) -> int:
    """The office's number for the square of 0.005° that a point lies in."""
    return math.floor(lat / CELL_DEGREES) * ROW + math.floor(lon / CELL_DEGREES)


def cells_around(lon: float, lat: float) -> list[int]:
    """That square and its neighbours, in the order in which the office asks for them."""
    middle = middle_cell(lon, lat)
    return [middle + row * ROW + column for row in (-1, 0, 1) for column in (-1, 0, 1)]


if __name__ == "__main__":
    path, port, threads, processes = Path(sys.argv[1]), *(int(text) for text in sys.argv[2:5])
    address, scripts = pickle.loads(path.read_bytes())  # noqa: S301  # our own parent wrote it
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    serve(listener, lambda: create_baseline(address, scripts), processes=processes, threads=threads, logging={})
