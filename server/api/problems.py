"""Refusals on the wire: RFC 9457 documents. The only file that knows HTTP status codes for them."""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from server.rules.refusals import SENTENCES, Refusal

MEDIA_TYPE = "application/problem+json"

STATUS: dict[str, int] = {
    "not_json": 400,
    "cut_short": 400,
    "not_signed_in": 401,
    "bad_credentials": 401,
    "csrf_failed": 403,
    "not_for_your_role": 403,
    "must_change_password": 403,
    "not_found": 404,
    "no_such_method": 405,
    "already_different": 409,
    "case_has_moved": 409,
    "move_not_allowed": 409,
    "parent_missing": 409,
    "upload_conflict": 409,
    "cursor_expired": 410,
    "wrong_version": 412,
    "too_large": 413,
    "wrong_media_type": 415,
    "invalid": 422,
    "grid_too_far": 422,
    "not_listed": 422,
    "photo_refused": 422,
    "which_one": 422,
    "too_many_tries": 429,
    "internal": 500,
    "unavailable": 503,
}

_log = structlog.get_logger()


class SentencesSchema(Schema):
    """A sentence in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class ProblemSchema(Schema):
    """RFC 9457, with a stable code and both languages."""

    type = fields.String(required=True, metadata={"description": "urn:gridloop:problem:<code>"})
    title = fields.String(required=True, metadata={"description": "The sentence in Chinese."})
    title_en = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.Nested(SentencesSchema))
    case = fields.Dict(metadata={"description": "With case_has_moved and move_not_allowed: the case as it stands."})
    retry_at = fields.DateTime()
    offset = fields.Integer(metadata={"description": "With upload_conflict: where the upload goes on."})


def register(app: Flask) -> None:
    """Answer every refusal and every accident with a problem document."""
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(Exception, _accident)
    if unknown := SENTENCES.keys() ^ STATUS.keys():
        raise RuntimeError(f"refusals and status codes disagree about {sorted(unknown)}")


def answer(refusal: Refusal) -> Response:
    """The problem document of a refusal."""
    status = STATUS[refusal.code]
    body: dict[str, Any] = {
        "type": f"urn:gridloop:problem:{refusal.code}",
        "title": refusal.zh,
        "title_en": refusal.en,
        "status": status,
        "code": refusal.code,
        **refusal.extra,
    }
    if refusal.errors:
        body["errors"] = {name: {"zh": zh, "en": en} for name, (zh, en) in sorted(refusal.errors.items())}
    response = jsonify(body)
    response.status_code = status
    response.mimetype = MEDIA_TYPE
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="gridloop"'
    return response


def _http(error: HTTPException) -> Response:
    """Werkzeug's own refusals in our words."""
    codes = {404: "not_found", 405: "no_such_method", 413: "too_large", 415: "wrong_media_type"}
    status = error.code or 500
    if status < 400:  # redirects are exceptions too
        return error.get_response()  # type: ignore[return-value]
    code = codes.get(status, "internal" if status >= 500 else "not_json")
    response = answer(Refusal(code))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return response


def _database_away(error: DBAPIError | PoolTimeout) -> Response:
    _log.error("database_unavailable", error=str(getattr(error, "orig", error)), path=request.path)
    response = answer(Refusal("unavailable"))
    response.headers["Retry-After"] = "5"
    return response


def _accident(error: Exception) -> Response:
    _log.error("accident", path=request.path, method=request.method, exc_info=error)
    return answer(Refusal("internal"))
