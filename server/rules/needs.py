"""What a move asks for: fields described well enough to draw a form, and the check of what was sent. Pure."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from server.rules.refusals import Sentence
from server.rules.rulebook import RuleBook

NeedType = Literal["text", "choice", "category", "urgency", "photos", "parties", "case"]

TEXT_MIN, TEXT_MAX = 5, 5000
ITEMS_MAX = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
PARTY_FIELDS: Mapping[str, int] = {"name": 100, "phone": 32, "id_number": 32, "role": 50}
"""Fields of a party and their longest texts."""


@dataclass(frozen=True, slots=True)
class Need:
    """One field of a move's form.

    Args:
        name: the payload field.
        type: what kind of value; `choice` offers the rule book's reasons for the move.
        zh, en: the label.
        required: must it be there?
    """

    name: str
    type: NeedType
    zh: str
    en: str
    required: bool = True


def check(needs: Sequence[Need], action: str, payload: Mapping[str, Any], rules: RuleBook) -> dict[str, Sentence]:
    """Every field that is missing, unknown or not acceptable → why. Empty when all is well."""
    errors: dict[str, Sentence] = {}
    known = {need.name for need in needs}
    for name in payload.keys() - known:
        errors[name] = ("没有这个字段。", "There is no such field.")
    for need in needs:
        value = payload.get(need.name)
        if value is None:
            if need.required:
                errors[need.name] = (f"请填写“{need.zh}”。", f"“{need.en}” is needed.")
        elif problem := _check_value(need, action, value, rules):
            errors[need.name] = problem
    if known and not any(need.required for need in needs) and not any(payload.get(name) for name in known):
        errors[needs[0].name] = ("至少填写一项。", "Fill in at least one of the fields.")
    return errors


def _check_value(need: Need, action: str, value: Any, rules: RuleBook) -> Sentence | None:
    match need.type:
        case "text":
            return check_text(value)
        case "choice":
            return _one_of(value, rules.reasons.get(action, {}))
        case "category":
            leaves = [code for code, category in rules.categories.items() if category.leaf]
            return _one_of(value, leaves)
        case "urgency":
            if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4:
                return None
            return ("紧急程度为 1 至 4。", "Urgency is 1 to 4.")
        case "photos":
            return check_photos(value)
        case "parties":
            return _check_parties(value)
        case "case":
            return None if _is_uuid(value) else ("不是有效的编号。", "This is not a valid id.")


def check_text(value: Any, least: int = TEXT_MIN) -> Sentence | None:
    """A text of 5 to 5,000 characters, spaces at the ends not counted."""
    if not isinstance(value, str):
        return ("应为文字。", "This must be text.")
    if not least <= len(value.strip()) or len(value) > TEXT_MAX:
        return (f"应为 {least} 至 {TEXT_MAX} 个字。", f"This must have {least} to {TEXT_MAX:,} characters.")
    return None


def check_photos(value: Any) -> Sentence | None:
    """A list of at most 20 different SHA-256 in lower-case hex."""
    if not isinstance(value, list) or not all(isinstance(item, str) and _SHA256.fullmatch(item) for item in value):
        return ("应为照片 SHA-256 的列表。", "This must be a list of photo SHA-256 in lower-case hex.")
    if len(value) > ITEMS_MAX:
        return (f"最多 {ITEMS_MAX} 张照片。", f"At most {ITEMS_MAX} photos.")
    if len(set(value)) < len(value):
        return ("同一张照片列了两次。", "The same photo is listed twice.")
    return None


def _check_parties(value: Any) -> Sentence | None:
    if not isinstance(value, list) or not 0 < len(value) <= ITEMS_MAX:
        return (
            f"应为 1 至 {ITEMS_MAX} 名当事人的列表。",
            f"This must be a list of 1 to {ITEMS_MAX} parties.",
        )
    for party in value:
        if not isinstance(party, dict) or not party or not party.keys() <= PARTY_FIELDS.keys():
            return (
                "当事人只含姓名、电话、证件号、身份。",
                "A party has name, phone, id_number and role only.",
            )
        if not isinstance(party.get("name"), str) or not party["name"].strip():
            return ("请填写当事人姓名。", "A party needs a name.")
        for name, longest in PARTY_FIELDS.items():
            if party.get(name) is not None and not (isinstance(party[name], str) and len(party[name]) <= longest):
                return (f"当事人信息每项最多 {longest} 字。", f"{name} has at most {longest} characters.")
    return None


def _one_of(value: Any, choices: Sequence[str] | Mapping[str, object]) -> Sentence | None:
    if isinstance(value, str) and value in choices:
        return None
    return ("请从给出的选项中选择。", "Choose one of the offered values.")


def _is_uuid(value: Any) -> bool:
    try:
        uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True
