"""Read CSV files as clerks save them (UTF-8 with or without BOM, GB18030); knows nothing of what they mean."""

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from geodata.findings import Finding, UnusableFileError


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it begins in the file, and its cells by column name without spaces at either end."""

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, columns: Collection[str]) -> list[Row]:
    """All rows of a CSV file whose first line names at least `columns`; blank lines are passed over.

    UnusableFileError when it cannot be opened, is no text, or lacks a column.
    """
    reader = csv.reader(io.StringIO(_decode(path), newline=""))
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            raise _unusable(
                "missing_column",
                f"首行缺少列:{'、'.join(missing)}",
                f"The first line lacks the columns: {', '.join(missing)}",
            )
        rows, line = [], reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                padded = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
                rows.append(Row(line, dict(zip(header, padded, strict=False))))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unusable(
            "not_a_table",
            f"第 {reader.line_num} 行起无法按 CSV 读取",
            f"This is no CSV from line {reader.line_num} on: {error}",
        ) from None
    return rows


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unusable(
            "cannot_open", f"无法打开文件:{path.name}", f"Cannot open {path.name}: {error.strerror}"
        ) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unusable(
        "not_text",
        f"{path.name} 不是 UTF-8 或 GB18030 编码的 CSV,请在表格软件中另存为 CSV UTF-8",
        f"{path.name} is no CSV in UTF-8 or GB18030; save it as CSV UTF-8 in the spreadsheet",
    )


def _unusable(code: str, zh: str, en: str) -> UnusableFileError:
    return UnusableFileError([Finding("error", code, zh, en)])
