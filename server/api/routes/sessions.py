"""Signing in and out, and who I am."""

import uuid
from typing import Any

from flask import Response, g, jsonify, make_response, request
from marshmallow import Schema, fields

from server import clock
from server.api import body as bodies
from server.api.guard import COOKIE, GuardedBlueprint, open_to_all, set_cookie, signed_in, who
from server.api.schemas.values import CodedSchema, NamedSchema, Strict, short
from server.db import reading, transaction
from server.services import people
from server.services.hearing import hear

sessions = GuardedBlueprint("sessions", __name__, description="登录 Sessions")
me = GuardedBlueprint("me", __name__, description="本人 Me")


class CredentialsSchema(Strict):
    account = short(64, required=True)
    password = short(people.PASSWORD_MAX, required=True)


class PersonSchema(Schema):
    id = fields.UUID(required=True)
    account = fields.String(required=True)
    name = fields.String(required=True)
    must_change_password = fields.Boolean(required=True)


class NewSessionSchema(Schema):
    token = fields.String(required=True)
    csrf_token = fields.String(required=True)
    expires_at = fields.DateTime(required=True)
    person = fields.Nested(PersonSchema, required=True)


class SessionSchema(Schema):
    id = fields.UUID(required=True)
    device = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    renewed_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    current = fields.Boolean(required=True)


class SessionListSchema(Schema):
    items = fields.List(fields.Nested(SessionSchema), required=True)


class RenewedSchema(Schema):
    expires_at = fields.DateTime(required=True)


class GrantSchema(Schema):
    role = fields.String(required=True)
    unit = fields.Nested(NamedSchema)
    grid = fields.Nested(CodedSchema)
    area = fields.Nested(CodedSchema)
    valid_from = fields.DateTime(data_key="from", required=True)
    valid_to = fields.DateTime(data_key="to", required=True, allow_none=True)


class MyUnitSchema(NamedSchema):
    kind = fields.String(required=True)
    level = fields.String(required=True)
    area = fields.Nested(CodedSchema, required=True)


class MeSchema(Schema):
    person = fields.Nested(PersonSchema, required=True)
    grants = fields.List(fields.Nested(GrantSchema), required=True)
    units = fields.List(fields.Nested(MyUnitSchema), required=True)
    grids = fields.List(fields.Nested(CodedSchema), required=True)
    csrf_token = fields.String(required=True)


class NewPasswordSchema(Strict):
    old_password = short(people.PASSWORD_MAX, required=True)
    new_password = short(people.PASSWORD_MAX, required=True)


@sessions.route(
    "/sessions", method="POST", guard=open_to_all, takes=CredentialsSchema(), answers={201: NewSessionSchema()},
    refuses=("bad_credentials", "too_many_tries"),
)  # fmt: skip
def open_session(body: dict[str, Any]) -> Response:
    """Sign in on this device; the browser also gets the session as a cookie that scripts cannot read."""
    device = request.headers.get("User-Agent", "")
    opened = people.sign_in(body["account"], body["password"], device, clock.now())
    response = jsonify(
        {
            "token": opened.token,
            "csrf_token": people.csrf_token(opened.token),
            "expires_at": opened.expires_at,
            "person": {
                "id": opened.person_id,
                "account": body["account"],
                "name": opened.name,
                "must_change_password": opened.must_change_password,
            },
        }
    )
    response.status_code = 201
    return set_cookie(response, opened.token)


@sessions.route("/sessions", method="GET", guard=signed_in, answers={200: SessionListSchema()})
def list_sessions() -> dict[str, Any]:
    """My signed-in devices, newest first."""
    with reading() as snapshot:
        rows = people.list_sessions(snapshot, who().id, g.now)
    return {"items": [{**row._mapping, "current": row.id == who().session_id} for row in rows]}


@sessions.route("/sessions/current", method="PUT", guard=signed_in, answers={200: RenewedSchema()})
def renew_session() -> Response:
    """Keep this device signed in; an app calls it when it starts."""
    response = jsonify({"expires_at": people.renew(who().session_id, g.now)})
    return set_cookie(response, g.token) if request.cookies.get(COOKIE) == g.token else response


@sessions.route("/sessions/<session>", method="DELETE", guard=signed_in, answers={204: None}, refuses=("not_found",))
def close_session(session: str) -> Response:
    """Sign a device of mine out at once; `current` is this one."""
    session_id: uuid.UUID = who().session_id if session == "current" else bodies.read_id("session", session)
    with transaction() as tx:
        people.revoke(tx, who().id, session_id, g.now)
    response = make_response("", 204)
    if session_id == who().session_id:
        response.delete_cookie(COOKIE, path="/api/v1")
    return response


@me.route("/me", method="GET", guard=signed_in, answers={200: MeSchema()})
def show_me() -> dict[str, Any]:
    """Who I am and what I may act for."""
    person = who()
    with reading() as snapshot:
        atlas = hear(snapshot, person, g.now).atlas
    grants: list[dict[str, Any]] = []
    for grant in person.grants:
        shown: dict[str, Any] = {"role": grant.role, "from": grant.valid_from, "to": grant.valid_to}
        if grant.unit and grant.unit in atlas.units:
            shown["unit"] = {"id": grant.unit, "name": atlas.units[grant.unit].name}
        if grant.grid and grant.grid in atlas.grids:
            shown["grid"] = {"code": grant.grid, "name": atlas.grids[grant.grid].name}
        if grant.area and grant.area in atlas.areas:
            shown["area"] = {"code": grant.area, "name": atlas.areas[grant.area].name}
        grants.append(shown)
    units = [atlas.units[unit] for unit in person.units if unit in atlas.units]
    return {
        "person": {
            "id": person.id,
            "account": person.account,
            "name": person.name,
            "must_change_password": person.must_change_password,
        },
        "grants": grants,
        "units": [
            {
                "id": unit.id,
                "name": unit.name,
                "kind": unit.kind,
                "level": atlas.areas[unit.area].level,
                "area": {"code": unit.area, "name": atlas.areas[unit.area].name},
            }
            for unit in units
        ],
        "grids": [{"code": code, "name": atlas.grids[code].name} for code in person.grids if code in atlas.grids],
        "csrf_token": people.csrf_token(g.token),
    }


@me.route(
    "/me/password", method="PUT", guard=signed_in, takes=NewPasswordSchema(), answers={204: None},
    refuses=("bad_credentials",),
)  # fmt: skip
def change_my_password(body: dict[str, Any]) -> Response:
    """Set a new password; other devices are signed out."""
    people.change_password(who(), body["old_password"], body["new_password"], g.now)
    return make_response("", 204)
