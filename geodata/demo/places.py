"""Name the areas of the demonstration county and cut it into grids; city, county and every name are invented."""

import math
from itertools import accumulate

from shapely import Polygon

from geodata.demo.borders import draw_cells
from geodata.demo.records import DemoArea, DemoGrid

# No province has the number 99, so these codes can never be a real place's.
CITY = DemoArea("990100000000", "澜岚市", "city", None)
COUNTY = DemoArea("990101000000", "青禾县", "county", CITY.code)
STREET = DemoArea("990101001000", "禾桥街道", "township", COUNTY.code)
TOWN = DemoArea("990101101000", "柿沟镇", "township", COUNTY.code)

_STREET_VILLAGES = ["望禾", "晒秋", "听泉", "织锦", "麦香", "灯笼巷", "印月", "知春"]
_TOWN_VILLAGES = ["柿沟街", "上柿沟", "下柿沟", "杏花洼", "石碾坪", "半坡窑", "羊角岭", "落雁滩"]

# Each village is a block of this many columns and rows of cells.
_BLOCK_COLUMNS, _BLOCK_ROWS = 4, 2
_BLOCKS_PER_TOWNSHIP = (2, 4)
_WEST, _SOUTH = 111.13, 34.77
_STREET_WIDTH, _TOWN_WIDTH, _HEIGHT = 0.006, 0.012, 0.0075  # degrees: 0.55 km, 1.1 km, 0.83 km


def draw_areas() -> tuple[DemoArea, ...]:
    """The city, its one county, two townships and sixteen villages, parents first."""
    villages = [
        DemoArea(f"{STREET.code[:9]}{number:03d}", f"{name}社区", "village", STREET.code)
        for number, name in enumerate(_STREET_VILLAGES, 1)
    ]
    # In the town the first is a residents' committee (001 on), the others villagers' committees (200 on).
    villages += [
        DemoArea(
            f"{TOWN.code[:9]}{1 if number == 0 else 199 + number:03d}",
            f"{name}{'社区' if number == 0 else '村'}",
            "village",
            TOWN.code,
        )
        for number, name in enumerate(_TOWN_VILLAGES)
    ]
    return (CITY, COUNTY, STREET, TOWN, *villages)


def draw_grids() -> tuple[DemoGrid, ...]:
    """Eight ordinary grids for each village and one special grid (a market in 晒秋社区), by code."""
    blocks_across, blocks_up = _BLOCKS_PER_TOWNSHIP
    columns_each = blocks_across * _BLOCK_COLUMNS
    widths = [_STREET_WIDTH] * columns_each + [_TOWN_WIDTH] * columns_each
    columns = list(accumulate(widths, initial=_WEST))
    rows = list(accumulate([_HEIGHT] * (blocks_up * _BLOCK_ROWS), initial=_SOUTH))
    cells = draw_cells(columns, rows)
    villages = [area for area in draw_areas() if area.level == "village"]
    grids = []
    for number, village in enumerate(villages):
        township, place = divmod(number, blocks_across * blocks_up)
        block_row, block_column = divmod(place, blocks_across)
        first_column = township * columns_each + block_column * _BLOCK_COLUMNS
        block = [
            cells[first_column + column, block_row * _BLOCK_ROWS + row]
            for row in range(_BLOCK_ROWS)
            for column in range(_BLOCK_COLUMNS)
        ]
        grids += [
            DemoGrid(f"{village.code}{n:03d}", f"{village.name}第{n}网格", "ordinary", village.code, cell)
            for n, cell in enumerate(block, 1)
        ]
    grids.append(_draw_market(villages[1], grids))
    return tuple(sorted(grids, key=lambda grid: grid.code))


def _draw_market(village: DemoArea, grids: list[DemoGrid]) -> DemoGrid:
    """A market across the border of the village's first two grids, round-cornered as surveyors draw a yard."""
    first, second = (grid.geometry for grid in grids if grid.village_code == village.code and grid.code[-3:] < "003")
    common = [point for point in first.exterior.coords if point in set(second.exterior.coords)]
    lon, lat = common[len(common) // 2]
    outline = [
        (
            round(lon + 0.0012 * math.copysign(abs(math.cos(turn)) ** 0.5, math.cos(turn)), 7),
            round(lat + 0.0008 * math.copysign(abs(math.sin(turn)) ** 0.5, math.sin(turn)), 7),
        )
        for turn in (math.pi / 12 * (step + 0.5) for step in range(24))
    ]
    return DemoGrid(f"{village.code}901", f"{village.name}农贸市场专属网格", "special", village.code, Polygon(outline))
