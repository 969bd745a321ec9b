"""How I want to be told: a way for each kind of notice, and a phone number for emergencies."""

import re
from typing import Any

from flask import g
from marshmallow import Schema, fields, validates

from server.api.body import FieldError
from server.api.guard import GuardedBlueprint, signed_in, who
from server.api.schemas.values import Strict, one_of, short
from server.db import reading, transaction
from server.office import office
from server.rules.notices import WAYS
from server.services import people, reach

notices = GuardedBlueprint("notices", __name__, description="通知方式 Notices")

_PHONE = re.compile(r"\+?[0-9]{6,15}")


class ChoicesSchema(Strict):
    """待办, 督办, 进展: at_once 即时, collected 汇总, inbox 仅收件箱. An emergency comes at once whatever is chosen."""

    task = one_of(*WAYS, required=True)
    oversight = one_of(*WAYS, required=True)
    news = one_of(*WAYS, required=True)


class ChosenSchema(Schema):
    choices = fields.Nested(ChoicesSchema, required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"description": "Masked."})


class ChoosingSchema(Strict):
    """Without `phone` the number stays as it is; null forgets it."""

    choices = fields.Nested(ChoicesSchema, required=True)
    phone = short(20, allow_none=True)

    @validates("phone")
    def check_phone(self, value: str | None, **_: Any) -> None:
        if value is not None and not _PHONE.fullmatch(value):
            raise FieldError("不是有效的电话号码。", "This is not a valid phone number.")


@notices.route("/me/notices", method="GET", guard=signed_in, answers={200: ChosenSchema()})
def show_choices() -> dict[str, Any]:
    """What I chose, or what is usual."""
    with reading() as snapshot:
        return {
            "choices": reach.choices(snapshot, who().id),
            "phone": reach.masked_phone(snapshot, office().keys, who().id),
        }


@notices.route("/me/notices", method="PUT", guard=signed_in, takes=ChoosingSchema(), answers={200: ChosenSchema()})
def choose(body: dict[str, Any]) -> dict[str, Any]:
    """Choose a way for each kind; holds for what is announced from now on."""
    with transaction() as tx:
        reach.choose(tx, who().id, body["choices"])
        if "phone" in body:
            reach.keep_phone(tx, office().keys, who().id, body["phone"])
            people.note(tx, g.now, who().id, "change_phone", str(who().id))
        return {
            "choices": reach.choices(tx, who().id), "phone": reach.masked_phone(tx, office().keys, who().id),
        }  # fmt: skip
