"""What is missing before people can work: a list in the order in which it should be mended. Changes nothing."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from server.models import Grant
from server.rules.rulebook import RuleBook
from server.services import reference
from server.services.reference import Atlas

SHOWN = 5
"""Codes named in one remark; the rest is counted."""


class Remark(NamedTuple):
    """One thing that is missing. An `error` keeps somebody from working, a `warning` will."""

    severity: Literal["error", "warning"]
    zh: str
    en: str


def examine(connection: Connection, now: datetime) -> list[Remark]:
    """Everything that keeps people from working, most basic first; empty when all is well."""
    rules = reference.rule_book_or_none(connection)
    if rules is None:
        return [Remark("error", "规则库为空，请运行 load-rules。", "The rule book is empty: run load-rules.")]
    atlas = reference.atlas(connection)
    return [*_places(atlas), *_duties(atlas, rules), *_people(connection, atlas), *_calendar(rules, now)]


def _places(atlas: Atlas) -> Iterator[Remark]:
    if not atlas.areas:
        yield Remark("error", "没有区域，请先运行 import-areas。", "There are no areas: run import-areas.")
    villages = [code for code, area in atlas.areas.items() if area.level == "village"]
    if deskless := [code for code in atlas.areas if code not in atlas.centres]:
        yield _remark("error", "没有综治中心的区域", "areas without a centre (run add-centres)", deskless)
    if not atlas.grids:
        yield Remark("error", "没有网格，请先运行 import-grids。", "There are no grids: run import-grids.")
    gridded = {grid.village for grid in atlas.grids.values()}
    if gridless := [code for code in villages if code not in gridded]:
        yield _remark("warning", "没有网格的村社区", "villages without a grid", gridless)


def _duties(atlas: Atlas, rules: RuleBook) -> Iterator[Remark]:
    leaves = {code: set(rules.line_of(code)) for code, category in rules.categories.items() if category.leaf}
    townships = [code for code, area in atlas.areas.items() if area.level == "township"]
    below: dict[str, set[str]] = {code: set() for code in townships}
    for category, area in atlas.duties:
        for township in townships:
            if atlas.within(township, area) or atlas.within(area, township):
                below[township].add(category)
    unanswered = {code for answered in below.values() for code, line in leaves.items() if not answered & line}
    lacking = [township for township, answered in below.items() if any(not answered & one for one in leaves.values())]
    if unanswered:
        yield _remark("warning", "在有的乡镇没有单位负责的事项类别", "categories that no unit answers for", unanswered)
        yield _remark("warning", "有事项类别无单位负责的乡镇", "townships with such categories", lacking)


def _people(connection: Connection, atlas: Atlas) -> Iterator[Remark]:
    rows = connection.execute(
        select(Grant.role, Grant.unit_id, Grant.grid_code, Grant.named).where(Grant.valid_to.is_(None))
    ).all()
    walked = {row.grid_code for row in rows if row.role == "grid_worker"}
    staffed = {row.unit_id for row in rows if row.role in ("member", "leader")}
    discreet = {row.unit_id for row in rows if row.role == "leader" or row.named}
    if lonely := [code for code in atlas.grids if code not in walked]:
        yield _remark("warning", "没有网格员的网格", "grids without a worker (add-workers gives each one)", lonely)
    desks = [centre for code, centre in atlas.centres.items() if atlas.areas[code].level == "village"]
    if empty := [desk.area for desk in desks if desk.id not in staffed]:
        yield _remark("error", "综治工作站没有人员的村社区", "village desks without a member", empty)
    townships = [centre for code, centre in atlas.centres.items() if atlas.areas[code].level == "township"]
    if exposed := [centre.area for centre in townships if centre.id not in discreet]:
        yield _remark("error", "没有专人办理敏感事项的乡镇", "townships where nobody may see sensitive cases", exposed)


def _calendar(rules: RuleBook, now: datetime) -> Iterator[Remark]:
    year = now.astimezone(rules.calendar.zone).year
    for guessed in rules.calendar.guessed_years(year, year + 1):
        yield Remark(
            "warning",
            f"{guessed} 年的节假日未知或未填全，按周一至周五计算；请在 holidays.csv 中补充至国庆节。",
            f"The holidays of {guessed} are unknown or incomplete and count Monday to Friday: "
            "add them to holidays.csv, National Day included.",
        )


def _remark(severity: Literal["error", "warning"], zh: str, en: str, codes: Collection[str]) -> Remark:
    named = ", ".join(sorted(codes)[:SHOWN]) + (" …" if len(codes) > SHOWN else "")
    return Remark(severity, f"{zh} {len(codes)} 个：{named}", f"{len(codes)} {en}: {named}")
