"""Staff the demonstration county: a worker for every grid, members and a leader for every unit; invented names."""

from collections import defaultdict
from collections.abc import Mapping

from geodata.demo.records import DemoArea, DemoGrant, DemoGrid, DemoPerson, DemoUnit

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
_GIVEN_NAMES = [
    "明远",
    "秀兰",
    "建国",
    "玉梅",
    "志强",
    "桂香",
    "海涛",
    "雪琴",
    "国栋",
    "春燕",
    "文博",
    "丽娟",
    "永胜",
    "晓红",
    "长青",
    "凤英",
    "家乐",
    "静怡",
    "立新",
    "素珍",
    "浩然",
    "美玲",
    "振华",
    "淑芬",
    "向阳",
    "慧敏",
    "大勇",
    "月娥",
    "思源",
    "彩霞",
    "和平",
]
_MEMBERS_EACH = 2


def staff(
    areas: tuple[DemoArea, ...], grids: tuple[DemoGrid, ...], units: tuple[DemoUnit, ...]
) -> tuple[DemoPerson, ...]:
    """Everyone, each with one account.

    Accounts count through the places in the order of their codes: `fire1` serves the first township, `fire2`
    the second, `fire3` the first again; likewise `village1`, `township1` and `leader1` (who leads a township's
    centre). `worker1` and `worker2` have the first grids of the first two villages, the others follow by code.
    """
    posts: list[tuple[str, tuple[DemoGrant, ...]]] = []
    for number, grid in enumerate(_in_order_of_workers(grids), 1):
        posts.append((f"worker{number}", (DemoGrant("grid_worker", grid.code),)))
    levels = {area.code: area.level for area in areas}
    for kind, alike in _by_kind(units, levels).items():
        for number in range(len(alike) * _MEMBERS_EACH):
            unit = alike[number % len(alike)]
            posts.append((f"{kind}{number + 1}", (DemoGrant("member", unit.key),)))
        for number, unit in enumerate(alike, 1):
            account = f"leader{number}" if kind == "township" else f"{kind}leader{number}"
            posts.append((account, (DemoGrant("leader", unit.key),)))
    county = next(area.code for area in areas if area.level == "county")
    posts += [
        ("inspector1", (DemoGrant("inspector", county),)),
        ("admin1", (DemoGrant("admin", None),)),
        ("auditor1", (DemoGrant("auditor", None),)),
    ]
    return tuple(DemoPerson(account, _name(number), grants) for number, (account, grants) in enumerate(posts))


def _in_order_of_workers(grids: tuple[DemoGrid, ...]) -> list[DemoGrid]:
    first, *others = grids
    second = next(grid for grid in others if grid.village_code != first.village_code)
    return [first, second, *(grid for grid in others if grid is not second)]


def _by_kind(units: tuple[DemoUnit, ...], levels: Mapping[str, str]) -> dict[str, list[DemoUnit]]:
    """Units that share an account word: centres by their level, the others by the word in their key."""
    alike: defaultdict[str, list[DemoUnit]] = defaultdict(list)
    for unit in units:
        level = levels[unit.area_code]
        word = unit.key.split("-")[0]
        if unit.kind == "mediation":
            word = f"{level}mediator"
        alike[level if unit.kind == "centre" else word].append(unit)
    return alike


def _name(number: int) -> str:
    """Different for each of the first 1,240 people, because the two lists have no common divisor."""
    return _SURNAMES[number % len(_SURNAMES)] + _GIVEN_NAMES[number % len(_GIVEN_NAMES)]
