"""Read one cell of a table as a word, number, flag or time; says what would have been right."""

import re
from datetime import time
from typing import TypeVar

from geodata.tables import Row

ChoiceT = TypeVar("ChoiceT", bound=str)


class WrongCellError(ValueError):
    """A cell that cannot be read; `zh` and `en` name the column and what it must hold."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        self.zh = f"{column} {zh}"
        self.en = f"{column} {en}"
        super().__init__(self.en)


def text_of(row: Row, column: str) -> str:
    if not row.cells[column]:
        raise WrongCellError(column, "不能为空", "must not be empty")
    return row.cells[column]


def pattern_of(row: Row, column: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(row.cells[column]):
        raise WrongCellError(column, f"须符合 {pattern.pattern}", f"must match {pattern.pattern}")
    return row.cells[column]


def choice_of(row: Row, column: str, choices: tuple[ChoiceT, ...]) -> ChoiceT:
    for choice in choices:
        if row.cells[column] == choice:
            return choice
    listed = ", ".join(choices)
    raise WrongCellError(column, f"须为 {listed} 之一", f"must be one of {listed}")


def flag_of(row: Row, column: str) -> bool:
    return choice_of(row, column, ("0", "1")) == "1"


def number_of(row: Row, column: str, least: int) -> int:
    text = row.cells[column]
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise WrongCellError(column, f"须为不小于 {least} 的整数", f"must be a whole number of at least {least}")
    return int(text)


def time_of(row: Row, column: str) -> time:
    try:
        return time.fromisoformat(row.cells[column])
    except ValueError:
        raise WrongCellError(column, "须为 08:30 形式的时间", "must be a time like 08:30") from None
