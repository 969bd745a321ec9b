"""Photos: whole, or resumable by tus; served re-encoded to those who may see a case they belong to."""

import base64
import binascii
import uuid
from typing import Any

from flask import Response, g, make_response, request, send_file
from marshmallow import Schema, fields

from server.api import body as bodies
from server.api.guard import GuardedBlueprint, open_to_all, signed_in, who
from server.api.schemas.values import Strict, one_of
from server.rules.refusals import Refusal, invalid
from server.services import photos as service
from server.services import pictures, uploads

photo_routes = GuardedBlueprint("photos", __name__, description="照片 Photos")

IMAGE_TYPES = "image/jpeg,image/png,image/webp,image/heic"
TUS_VERSION = "1.0.0"


class ArrivedSchema(Schema):
    """A photo that is now with its report or step."""

    sha256 = fields.String(required=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)


class SizeSchema(Strict):
    size = one_of(*pictures.SIZES, load_default="screen")


@photo_routes.route(
    "/reports/<report_id>/photos/<sha256>", method="PUT", guard=signed_in, takes_type=IMAGE_TYPES,
    answers={201: ArrivedSchema(), 200: ArrivedSchema()},
    refuses=("parent_missing", "not_listed", "photo_refused", "too_large", "cut_short", "wrong_media_type"),
)  # fmt: skip
def put_report_photo(report_id: uuid.UUID, sha256: str) -> tuple[dict[str, Any], int]:
    """Send a photo that a report listed."""
    return _receive(report_id, report_id, sha256)


@photo_routes.route(
    "/cases/<case_id>/steps/<step_id>/photos/<sha256>", method="PUT", guard=signed_in, takes_type=IMAGE_TYPES,
    answers={201: ArrivedSchema(), 200: ArrivedSchema()},
    refuses=("parent_missing", "not_listed", "photo_refused", "too_large", "cut_short", "wrong_media_type"),
)  # fmt: skip
def put_step_photo(case_id: uuid.UUID, step_id: uuid.UUID, sha256: str) -> tuple[dict[str, Any], int]:
    """Send a photo that a step listed."""
    return _receive(step_id, case_id, sha256)


@photo_routes.route(
    "/photos/<sha256>", method="GET", guard=signed_in, query=SizeSchema(),
    answers={200: "image/jpeg", 304: None}, refuses=("not_found",),
)  # fmt: skip
def show_photo(sha256: str, query: dict[str, Any]) -> Response:
    """A photo upright and without metadata."""
    path = service.rendition(who(), sha256, query["size"])
    response = send_file(path, mimetype="image/jpeg", etag=f"{sha256}-{query['size']}", conditional=True)
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@photo_routes.route("/uploads", method="OPTIONS", guard=open_to_all, answers={204: None})
def describe_uploads() -> Response:
    """What this server's tus can do."""
    response = _tus(204)
    response.headers["Tus-Version"] = TUS_VERSION
    response.headers["Tus-Extension"] = "creation"
    response.headers["Tus-Max-Size"] = str(pictures.BYTES_MAX)
    return response


@photo_routes.route(
    "/uploads", method="POST", guard=signed_in, answers={201: None},
    headers=("Tus-Resumable", "Upload-Length", "Upload-Metadata"),
    refuses=("wrong_version", "parent_missing", "not_listed", "too_large"),
)  # fmt: skip
def create_upload() -> Response:
    """Open a tus upload; Upload-Metadata names `report_id` (or `case_id` and `step_id`) and `sha256`."""
    _check_version()
    length = _header_number("Upload-Length")
    if length > pictures.BYTES_MAX:
        raise Refusal("too_large")
    named = _metadata()
    case_id = bodies.read_id("case_id", named["case_id"]) if "case_id" in named else None
    name = "step_id" if case_id else "report_id"
    parent_id = bodies.read_id(name, named.get(name, ""))
    sha256 = bodies.read_sha256("sha256", named.get("sha256", ""))
    upload_id = uploads.create(who(), parent_id, case_id, sha256, length, g.now)
    response = _tus(201)
    response.headers["Location"] = f"/api/v1/uploads/{upload_id}"
    return response


@photo_routes.route(
    "/uploads/<upload_id>", method="HEAD", guard=signed_in, answers={200: None}, headers=("Tus-Resumable",),
    refuses=("wrong_version", "not_found", "photo_refused"),
)  # fmt: skip
def show_upload(upload_id: uuid.UUID) -> Response:
    """Where an upload stands."""
    _check_version()
    return _progress(uploads.progress(who(), upload_id, g.now), 200)


@photo_routes.route(
    "/uploads/<upload_id>", method="PATCH", guard=signed_in, takes_type="application/offset+octet-stream",
    answers={204: None}, headers=("Tus-Resumable", "Upload-Offset"),
    refuses=("wrong_version", "not_found", "upload_conflict", "too_large", "photo_refused", "wrong_media_type"),
)  # fmt: skip
def continue_upload(upload_id: uuid.UUID) -> Response:
    """Send bytes from `Upload-Offset` on."""
    _check_version()
    if request.mimetype != "application/offset+octet-stream":
        raise Refusal("wrong_media_type")
    offset = _header_number("Upload-Offset")
    return _progress(uploads.append(who(), upload_id, offset, request.stream, g.now), 204)


def _receive(parent_id: uuid.UUID, case_id: uuid.UUID, sha256: str) -> tuple[dict[str, Any], int]:
    if request.mimetype not in IMAGE_TYPES.split(","):
        raise Refusal("wrong_media_type")
    arrived = service.require_listing(who(), parent_id, case_id, sha256)
    path = service.receive(request.stream, request.content_length, sha256)
    picture = service.keep(who(), parent_id, sha256, path, g.now)
    return {"sha256": sha256, "width": picture.width, "height": picture.height}, 200 if arrived else 201


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != TUS_VERSION:
        raise Refusal("wrong_version")


def _header_number(name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid(name, "应为不小于零的整数。", "This header must be a whole number.")
    return int(text)


def _metadata() -> dict[str, str]:
    """Upload-Metadata: comma-separated pairs of a name and a base64 value."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in request.headers.get("Upload-Metadata", "").split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise invalid("Upload-Metadata", "格式有误。", "This header is malformed.") from None
    return found


def _tus(status: int) -> Response:
    response = make_response("", status)
    response.headers["Tus-Resumable"] = TUS_VERSION
    return response


def _progress(progress: uploads.Progress, status: int) -> Response:
    response = _tus(status)
    response.headers["Upload-Offset"] = str(progress.offset)
    response.headers["Upload-Length"] = str(progress.length)
    response.headers["Cache-Control"] = "no-store"
    return response
