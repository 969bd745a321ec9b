"""What arrives in a request: JSON read whole and strictly, checked against a schema, refused by field name."""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from server.rules.refusals import Refusal, Sentence, invalid

JSON_LIMIT = 256 * 1024
DEPTH_LIMIT = 20
"""Objects and lists within each other; the contract needs four, recursive readers of ours break at hundreds."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")

_WORDS: Mapping[str, str] = {
    "Missing data for required field.": "必须填写。",
    "Unknown field.": "没有这个字段。",
    "Field may not be null.": "不能为空。",
    "Not a valid string.": "应为文字。",
    "Not a valid integer.": "应为整数。",
    "Not a valid number.": "应为数字。",
    "Not a valid boolean.": "应为是或否。",
    "Not a valid list.": "应为列表。",
    "Not a valid mapping type.": "应为对象。",
    "Not a valid UUID.": "不是有效的编号。",
    "Not a valid datetime.": "不是有效的时间。",
    "Not a valid aware datetime.": "时间须带时区。",
    "Not a valid date.": "不是有效的日期。",
    "Invalid input type.": "应为对象。",
    "Special numeric values (nan or infinity) are not permitted.": "应为普通数字。",
}
"""Chinese twins of the schema library's sentences; our own checks bring theirs."""


class FieldError(ValidationError):
    """A schema's own refusal of a value, in both languages."""

    def __init__(self, zh: str, en: str, field_name: str = "_schema") -> None:
        super().__init__([zh + "\n" + en], field_name)


def read_json() -> Any:
    """The request's body as received.

    Raises:
        Refusal: `wrong_media_type`, `too_large`, `cut_short`, `not_json`, or `invalid` for text nobody could keep.
    """
    if request.mimetype != "application/json":
        raise Refusal("wrong_media_type")
    if (request.content_length or 0) > JSON_LIMIT:
        raise Refusal("too_large")
    data = request.stream.read(JSON_LIMIT + 1)
    if len(data) > JSON_LIMIT:
        raise Refusal("too_large")
    # A body that was cut on the way looks like a clean end to the server; its length does not lie.
    if request.content_length is not None and len(data) != request.content_length:
        raise Refusal("cut_short")
    try:
        body = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise Refusal("not_json") from None
    if not isinstance(body, dict) or _nests_deeper(body, DEPTH_LIMIT):
        raise Refusal("not_json")
    if field := _unstorable(body, ""):
        raise invalid(field, "含有无法保存的字符或数字。", "This holds a character or number that cannot be kept.")
    return body


def load(schema: Schema, body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The body as the schema understands it.

    Raises:
        Refusal: `invalid`, naming every field that is not acceptable.
    """
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        errors: dict[str, Sentence] = {}
        _flatten(error.messages_dict, prefix, errors)
        raise Refusal("invalid", errors=errors) from None
    return loaded


def read_query(schema: Schema) -> dict[str, Any]:
    """The query parameters; unknown and repeated ones are refused.

    Raises:
        Refusal: `invalid`, naming the parameters.
    """
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise invalid(twice[0], "这个参数给了两次。", "This parameter is given twice.")
    values = request.args.to_dict()
    if field := _unstorable(values, ""):
        raise invalid(field, "含有无法识别的字符。", "This holds a character that cannot be kept.")
    return load(schema, values)


def read_id(name: str, text: str) -> uuid.UUID:
    """An id from the path in its usual form.

    Raises:
        Refusal: `invalid`, naming it.
    """
    if not _UUID.fullmatch(text):
        raise invalid(name, "不是有效的编号（UUID）。", "This is not a valid id (UUID).")
    return uuid.UUID(text)


def read_sha256(name: str, text: str) -> str:
    """A SHA-256 from the path in lower-case hex.

    Raises:
        Refusal: `invalid`, naming it.
    """
    if not _SHA256.fullmatch(text):
        raise invalid(name, "应为小写十六进制的 SHA-256。", "This must be a SHA-256 in lower-case hex.")
    return text


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _nests_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_nests_deeper(item, levels - 1) for item in inner if isinstance(item, dict | list))


def _unstorable(value: Any, path: str) -> str | None:
    """The path of the first value that a database cannot keep exactly: NUL, lone surrogates, endless numbers."""
    if isinstance(value, str):
        if value.isascii():
            return path if "\0" in value else None
        return path if "\0" in value or not _encodes(value) else None
    if isinstance(value, int):
        return path if abs(value) >= 2**63 else None
    if isinstance(value, float):
        return path if value in (float("inf"), float("-inf")) else None
    if isinstance(value, dict):
        for key, item in value.items():
            if (found := _unstorable(key, f"{path}.?")) or (found := _unstorable(item, f"{path}.{key}")):
                return found.removeprefix(".")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if found := _unstorable(item, f"{path}.{position}"):
                return found.removeprefix(".")
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flatten(messages: Any, path: str, errors: dict[str, Sentence]) -> None:
    if isinstance(messages, dict):
        for name, below in messages.items():
            inner = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            _flatten(below, inner, errors)
        return
    text = messages[0] if isinstance(messages, list) and messages else messages
    if isinstance(text, dict):
        _flatten(text, path, errors)
        return
    zh, _, en = str(text).partition("\n")
    errors[path or "body"] = (zh, en) if en else (_WORDS.get(zh, "内容有误。"), zh)
