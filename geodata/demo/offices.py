"""Set up the offices of the demonstration county and say who answers for which category where."""

from geodata.demo.records import DemoArea, DemoDuty, DemoUnit

_CENTRE_NAMES = {"city": "综治中心", "county": "综治中心", "township": "综治中心", "village": "综治工作站"}

# 站所 of a township: key, name, the categories it answers for there. Each top category is named once, so that
# every leaf below it is answered; a longer prefix goes before a shorter one.
_TOWNSHIP_DEPARTMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("fire", "消防应急所", ("H", "E")),
    ("police", "派出所", ("S", "D-14", "E-02", "E-07", "R-03", "R-05", "R-06", "R-07")),
    ("judicial", "司法所", ("D", "R-04")),
    ("market", "市场监督管理所", ("H-FOOD", "D-05", "D-11", "D-12", "D-16", "D-17")),
    ("health", "卫生健康办公室", ("D-13", "E-06")),
    ("housing", "规划建设所", ("H-GAS", "H-HOUSE", "H-SITE", "H-ROAD", "D-03", "D-15", "P-06")),
    ("civil", "民政服务所", ("P", "R")),
    ("order", "综合执法中队", ("C",)),
    ("land", "自然资源所", ("H-GEO", "H-FOREST", "H-WATER", "D-07", "D-08", "D-09")),
    ("labour", "人力资源和社会保障所", ("D-10", "P-03", "P-04")),
)
_COUNTY_DEPARTMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("emergency", "应急管理局", ("H", "E")),
    ("security", "公安局", ("S",)),
    ("justice", "司法局", ("D",)),
    ("construction", "住房和城乡建设局", ("C", "H-HOUSE", "H-SITE", "H-GAS")),
    ("affairs", "民政局", ("R",)),
    ("petitions", "信访局", ("P",)),
)


def set_up_units(areas: tuple[DemoArea, ...]) -> tuple[DemoUnit, ...]:
    """A centre for every area, departments for townships and county, mediators for townships and villages."""
    units = []
    for area in areas:
        units.append(DemoUnit(f"centre-{area.code}", f"{area.name}{_CENTRE_NAMES[area.level]}", "centre", area.code))
        units += [
            DemoUnit(f"{key}-{area.code}", f"{area.name}{name}", "department", area.code)
            for key, name, _ in _departments(area)
        ]
        if area.level in ("township", "village"):
            name = f"{area.name}人民调解委员会"
            units.append(DemoUnit(f"mediation-{area.code}", name, "mediation", area.code))
    return tuple(units)


def assign_duties(areas: tuple[DemoArea, ...]) -> tuple[DemoDuty, ...]:
    """职责清单: departments for their categories, and in each village its mediators for disputes."""
    duties = []
    for area in areas:
        for key, _, categories in _departments(area):
            duties += [DemoDuty(category, area.code, f"{key}-{area.code}") for category in categories]
        if area.level == "village":
            duties.append(DemoDuty("D", area.code, f"mediation-{area.code}"))
    return tuple(duties)


def _departments(area: DemoArea) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return {"township": _TOWNSHIP_DEPARTMENTS, "county": _COUNTY_DEPARTMENTS}.get(area.level, ())
