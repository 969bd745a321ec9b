"""What a move asks for: fields described well enough to draw a form, and the check of what was sent. Pure."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from server.rules.refusals import Sentence
from server.rules.rulebook import Category
from server.rules.situation import Situation

NeedType = Literal[
    "text",
    "line",
    "choice",
    "category",
    "urgency",
    "photos",
    "parties",
    "case",
    "unit",
    "units",
    "helpers",
    "moment",
    "day",
    "flag",
    "person",
    "location",
]
Choice = tuple[str, str, str]
"""A value a field offers, in Chinese and in English."""

TEXT_MIN, TEXT_MAX = 5, 5000
ITEMS_MAX = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
FIXES = ("gps", "network", "manual", "exif")
PARTY_FIELDS: Mapping[str, int] = {"name": 100, "phone": 32, "id_number": 32, "role": 50}
"""Fields of a party and their longest texts."""


class People(NamedTuple):
    """Whom a person field takes: members (or only leaders) of units, and grid workers of areas.

    Args:
        workers_near: the area whose workers a form lists; others of `workers_of` may be named all the same.
        units_beyond: units whose members may be named though no form lists them.
        but: persons who may not be named.
    """

    units: Sequence[uuid.UUID] = ()
    leaders_only: bool = False
    workers_of: Sequence[str] = ()
    workers_near: str | None = None
    units_beyond: Sequence[uuid.UUID] = ()
    but: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """One field of a move's form.

    Args:
        name: the payload field.
        type: what kind of value. `choice` offers `choices`, or the rule book's reasons for the move; `helpers` is a
            list of {unit, due_at}; `line` is a short text, `day` a date, `flag` yes or no.
        zh, en: the label.
        required: must it be there?
        required_when: does this category ask for it although it is not required otherwise?
        choices: fixed values. `offered`: values that depend on the case.
        reasons: the action whose reason codes of the rule book it offers, when it is not the move's own.
        units: which units a unit field offers. `people`: whom a person field offers.
    """

    name: str
    type: NeedType
    zh: str
    en: str
    required: bool = True
    required_when: Callable[[Category], bool] | None = None
    choices: tuple[Choice, ...] = ()
    offered: Callable[[Situation], Sequence[Choice]] | None = None
    reasons: str | None = None
    units: Callable[[Situation], Sequence[uuid.UUID]] | None = None
    people: Callable[[Situation], People] | None = None

    def is_required(self, category: Category) -> bool:
        """Must it be there for a case of this category?"""
        return self.required or (self.required_when is not None and self.required_when(category))

    def choices_in(self, action: str, here: Situation) -> Sequence[Choice]:
        """What a choice field offers in this situation."""
        if self.offered is not None:
            return self.offered(here)
        reasons = here.world.rules.reasons.get(self.reasons or action, {})
        return self.choices or [(code, *words) for code, words in reasons.items()]


def check(needs: Sequence[Need], action: str, payload: Mapping[str, Any], here: Situation) -> dict[str, Sentence]:
    """Every field that is missing, unknown or not acceptable → why. Empty when all is well."""
    errors: dict[str, Sentence] = {}
    category = here.world.rules.categories[here.facts.category]
    known = {need.name for need in needs}
    for name in payload.keys() - known:
        errors[name] = ("没有这个字段。", "There is no such field.")
    for need in needs:
        value = payload.get(need.name)
        if value is None:
            if need.is_required(category):
                errors[need.name] = (f"请填写“{need.zh}”。", f"“{need.en}” is needed.")
        elif need.type == "photos" and value == [] and need.is_required(category):
            errors[need.name] = ("请附照片。", "A photo is needed.")
        elif problem := _check_value(need, action, value, here):
            errors[need.name] = problem
    return errors


def _check_value(need: Need, action: str, value: Any, here: Situation) -> Sentence | None:
    if need.type == "choice":
        return _one_of(value, [one[0] for one in need.choices_in(action, here)])
    if need.type == "category":
        return _one_of(value, [code for code, category in here.world.rules.categories.items() if category.leaf])
    return _CHECKS[need.type](value)


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


def _check_list(value: Any, fits: Callable[[Any], bool]) -> Sentence | None:
    if isinstance(value, list) and 0 < len(value) <= ITEMS_MAX and all(fits(one) for one in value):
        return None
    return (f"应为 1 至 {ITEMS_MAX} 个单位的列表。", f"This must be a list of 1 to {ITEMS_MAX} units.")


def _is_helper(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"unit", "due_at"}
        and _is_uuid(value["unit"])
        and _is_moment(value["due_at"])
    )


def _is_moment(value: Any) -> bool:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return moment.tzinfo is not None and 2000 <= moment.year < 2100


def _is_day(value: Any) -> bool:
    try:
        return 2000 <= date.fromisoformat(value).year < 2100
    except (TypeError, ValueError):
        return False


def _check_location(value: Any) -> Sentence | None:
    wrong = ("应为带坐标系的经纬度。", "This must be lon and lat with their crs.")
    if not isinstance(value, dict) or not {"lon", "lat", "crs"} <= value.keys():
        return wrong
    if value.keys() - {"lon", "lat", "crs", "accuracy_m", "fix"}:
        return wrong
    numbers = [value["lon"], value["lat"], value.get("accuracy_m", 0) or 0]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e6 for one in numbers):
        return wrong
    if value["crs"] not in DATUMS or value.get("fix", "manual") not in FIXES:
        return wrong
    if not (-180 <= value["lon"] <= 180 and -90 <= value["lat"] <= 90 and numbers[2] >= 0):
        return ("经纬度超出范围；请检查是否颠倒。", "Out of range; are lon and lat swapped?")
    return None


def _check_urgency(value: Any) -> Sentence | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4:
        return None
    return ("紧急程度为 1 至 4。", "Urgency is 1 to 4.")


_CHECKS: Mapping[str, Callable[[Any], Sentence | None]] = {
    "text": check_text,
    "line": lambda value: check_text(value, 1),
    "urgency": _check_urgency,
    "photos": check_photos,
    "parties": _check_parties,
    "case": lambda value: None if _is_uuid(value) else ("不是有效的编号。", "This is not a valid id."),
    "unit": lambda value: None if _is_uuid(value) else ("请选择单位。", "Choose a unit."),
    "units": lambda value: _check_list(value, _is_uuid),
    "helpers": lambda value: _check_list(value, _is_helper),
    "day": lambda value: None if _is_day(value) else ("请填写日期。", "This must be a date."),
    "flag": lambda value: None if isinstance(value, bool) else ("应为是或否。", "This must be true or false."),
    "person": lambda value: None if _is_uuid(value) else ("请选择人员。", "Choose a person."),
    "location": _check_location,
    "moment": lambda value: None if _is_moment(value) else ("时间须带时区。", "A time needs its offset."),
}
