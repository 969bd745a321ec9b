"""What may stand as the name of a place or grid."""

import unicodedata

_LENGTH = 100


def name_fault(name: str) -> tuple[str, str] | None:
    """Why a text cannot be a name, in Chinese and English; None when it can. Any script and emoji are welcome."""
    if not name:
        return "名称为空", "the name is empty"
    if len(name) > _LENGTH:
        return f"名称超过 {_LENGTH} 字", f"the name is longer than {_LENGTH} characters"
    # Control characters and halves of surrogate pairs cannot be stored or shown.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return "名称含有控制字符或残缺字符", "the name contains control or broken characters"
    return None
