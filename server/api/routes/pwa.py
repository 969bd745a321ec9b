"""The built phone app's files, for the embedded mode; scaled out, the web server in front serves them."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from server.rules.refusals import Refusal

DIST = Path(__file__).resolve().parents[3] / "pwa" / "dist"
OPEN_FILES = ("pwa.home", "pwa.file")
"""Routes without a guard: they hold no data; the house test lists them."""

_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

pwa = Blueprint("pwa", __name__)


@pwa.get("/")
def home() -> Response:
    """The app itself."""
    return _send("index.html")


@pwa.get("/<path:name>")
def file(name: str) -> Response:
    """A file of the app: hashed ones may be kept for ever, all others are asked for anew."""
    return _send(name)


def _send(name: str) -> Response:
    try:
        response = send_from_directory(DIST, name)
    except NotFound:
        raise Refusal("not_found") from None
    for_ever = name.startswith("assets/")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if for_ever else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if name.endswith(".html"):
        response.headers["Content-Security-Policy"] = _POLICY
    return response
