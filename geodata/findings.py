"""What is wrong with a file, in words a clerk can act on; decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "repaired"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a file.

    `severity`: an `error` forbids the import, a `warning` wants a look, `repaired` tells what was mended.
    `code` is stable; `zh` and `en` are sentences. `where` names the spot in both languages' terms: a grid or
    place code, or the number of a feature (`#12`) that has none. `line` counts from 1, for tables.
    """

    severity: Severity
    code: str
    zh: str
    en: str
    where: str | None = None
    line: int | None = None


class UnusableFileError(ValueError):
    """A file from which nothing can be taken; `findings` say why, never empty."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.en for finding in self.findings))
