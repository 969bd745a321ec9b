"""An invented county to try everything on, made anew and always the same by its own script; nothing of it is real."""

from functools import cache

from geodata.demo.offices import assign_duties, set_up_units
from geodata.demo.people import staff
from geodata.demo.places import draw_areas, draw_grids
from geodata.demo.records import (
    DemoArea,
    DemoCounty,
    DemoDuty,
    DemoGrant,
    DemoGrid,
    DemoPerson,
    DemoUnit,
)

__all__ = ["DemoArea", "DemoCounty", "DemoDuty", "DemoGrant", "DemoGrid", "DemoPerson", "DemoUnit", "demo_county"]


@cache
def demo_county() -> DemoCounty:
    """One county with its city, two townships, 16 villages, 128 grids and a market, its offices and people.

    About 111.2° E, 34.8° N. Place codes begin with 99, which no province has.
    """
    areas, grids = draw_areas(), draw_grids()
    units = set_up_units(areas)
    return DemoCounty(areas, grids, units, assign_duties(areas), staff(areas, grids, units))
