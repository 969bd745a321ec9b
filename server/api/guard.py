"""The door of every route: a blueprint on which nothing can be registered without naming its guard.

`GuardedBlueprint.route()` states a view's contract in one place: guard, query, body, answers. The wrapper it
makes runs guard → path ids → query → body, then the view.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from hmac import compare_digest
from typing import Any

from flask import Response as FlaskResponse
from flask import after_this_request, g, request
from flask_smorest import Blueprint
from marshmallow import Schema

from server import clock
from server.api import body as bodies
from server.api.problems import MEDIA_TYPE, STATUS, ProblemSchema
from server.office import office
from server.rules.refusals import SENTENCES, Refusal
from server.services import people
from server.services.people import SignedIn

COOKIE = "gridloop_session"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
WITH_FIRST_PASSWORD = frozenset({"me.show_me", "me.change_my_password", "sessions.close_session"})
"""What somebody who must change their password first may still do."""

Guard = Callable[[], None]
View = Callable[..., Any]


def open_to_all() -> None:
    """No session needed; the house test lists these routes by name."""


def signed_in() -> None:
    """A session that is open, and on writes by cookie its page token.

    Raises:
        Refusal: `not_signed_in`, `csrf_failed`, `must_change_password`.
    """
    token, by_cookie = _token()
    now = clock.now()
    person = people.identify(token, now) if token else None
    if token is None or person is None:
        raise Refusal("not_signed_in")
    if request.method in UNSAFE:
        if by_cookie and not _same(request.headers.get("X-CSRF-Token", ""), token):
            raise Refusal("csrf_failed")
        if now - person.renewed_at > people.RENEW_AFTER:
            people.renew(person.session_id, now)
            if by_cookie:
                after_this_request(lambda response: set_cookie(response, token))
    if person.must_change_password and request.endpoint not in WITH_FIRST_PASSWORD:
        raise Refusal("must_change_password")
    g.person, g.token, g.now = person, token, now


def auditor() -> None:
    """A session of somebody who audits: logs, and no case.

    Raises:
        Refusal: as `signed_in`, or `not_for_your_role`.
    """
    signed_in()
    if not who().has("auditor"):
        raise Refusal("not_for_your_role")


def who() -> SignedIn:
    """The person the guard let in."""
    person: SignedIn = g.person
    return person


def set_cookie(response: FlaskResponse, token: str) -> FlaskResponse:
    """Give the browser its session: out of reach of scripts, not sent from other sites' forms."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(people.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=office().settings.secure_cookies,
        path="/api/v1",
    )
    return response


class GuardedBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A blueprint whose routes state their guard and contract, or cannot be registered."""

    def route(
        self,
        rule: str,
        *,
        method: str,
        guard: Guard,
        answers: Mapping[int, Schema | str | None],
        query: Schema | None = None,
        takes: Schema | None = None,
        takes_type: str = "application/json",
        headers: tuple[str, ...] = (),
        refuses: tuple[str, ...] = (),
        reads_body: bool = True,
    ) -> Callable[[View], View]:
        """Register a view.

        Args:
            guard: who may come in.
            answers: status → schema of the JSON, a media type for other content, or None for no content.
            query: schema of the query parameters; the view gets them as `query`.
            takes: schema of the JSON body; the view gets it as `body`.
            takes_type: media type documented for the body.
            headers: request headers the view asks for, besides those of the guard.
            refuses: refusal codes beyond those the wrapper itself raises.
            reads_body: False leaves the JSON to the view (device writes judge replays before the schema).
        """

        def register(view: View) -> View:
            @wraps(view)
            def guarded(**path: str) -> Any:
                guard()
                values: dict[str, Any] = {name: _path_value(name, text) for name, text in path.items()}
                if query is not None:
                    values["query"] = bodies.read_query(query)
                elif request.args:
                    bodies.read_query(Schema())
                if takes is not None and reads_body:
                    values["body"] = bodies.load(takes, bodies.read_json())
                return view(**values)

            guarded.__guard__ = guard.__name__  # type: ignore[attr-defined]
            contract = _documentation(rule, method, guard, answers, query, takes, takes_type, headers, refuses)
            documented = self.doc(**contract)(guarded)
            super(GuardedBlueprint, self).route(rule, methods=[method])(documented)
            return view

        return register


def _token() -> tuple[str | None, bool]:
    """The session token, and whether it came as the cookie (with an Authorization header it never does)."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        return (token.strip() if scheme.lower() == "bearer" and token.strip() else None), False
    return request.cookies.get(COOKIE), True


def _same(csrf_token: str, token: str) -> bool:
    return compare_digest(csrf_token.encode(), people.csrf_token(token).encode())


def _path_value(name: str, text: str) -> Any:
    if name.endswith("_id"):
        return bodies.read_id(name, text)
    if name == "sha256":
        return bodies.read_sha256(name, text)
    return text


def _documentation(
    rule: str,
    method: str,
    guard: Guard,
    answers: Mapping[int, Schema | str | None],
    query: Schema | None,
    takes: Schema | None,
    takes_type: str,
    headers: tuple[str, ...],
    refuses: tuple[str, ...],
) -> dict[str, Any]:
    codes = list(refuses)
    if guard is not open_to_all:
        codes += ["not_signed_in", "must_change_password"]
        codes += ["csrf_failed"] if method in UNSAFE else []
    codes.append("invalid")  # unknown query parameters and malformed ids are refused everywhere
    if takes is not None:
        codes += ["not_json", "cut_short", "wrong_media_type", "too_large"]
    codes.append("unavailable")
    doc: dict[str, Any] = {"responses": {**_refusals(codes), **_answers(answers)}}
    doc["security"] = [] if guard is open_to_all else [{"cookie": []}, {"bearer": []}]
    parameters: list[Any] = [_path_parameter(name) for name in _placeholders(rule)]
    parameters += [_header(name, required=True) for name in headers]
    if "csrf_failed" in codes:
        parameters.append(_header("X-CSRF-Token", required=False))
    if query is not None:
        parameters.append({"in": "query", "schema": query})
    if parameters:
        doc["parameters"] = parameters
    if takes is not None:
        doc["requestBody"] = {"required": True, "content": {takes_type: {"schema": takes}}}
    elif takes_type != "application/json":
        doc["requestBody"] = {
            "required": True,
            "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in takes_type.split(",")},
        }
    return doc


def _answers(answers: Mapping[int, Schema | str | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, shape in answers.items():
        entry: dict[str, Any] = {"description": "OK" if status < 300 else "Not modified"}
        if isinstance(shape, Schema):
            entry["content"] = {"application/json": {"schema": shape}}
        elif isinstance(shape, str):
            entry["content"] = {one: {"schema": {"type": "string", "format": "binary"}} for one in shape.split(",")}
        found[str(status)] = entry
    return found


def _refusals(codes: list[str]) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(str(STATUS[code]), []).append(code)
    return {
        status: {
            "description": "; ".join(f"{code}: {SENTENCES[code][1]}" for code in listed),
            "content": {MEDIA_TYPE: {"schema": ProblemSchema}},
        }
        for status, listed in by_status.items()
    }


def _placeholders(rule: str) -> list[str]:
    return [part[1:-1].rpartition(":")[2] for part in rule.split("/") if part.startswith("<")]


def _header(name: str, *, required: bool) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "schema": {"type": "string"}}


def _path_parameter(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if name.endswith("_id"):
        schema = {"type": "string", "format": "uuid"}
    elif name == "sha256":
        schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {"in": "path", "name": name, "required": True, "schema": schema}
