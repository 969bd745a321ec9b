"""A new drawing is told from the old one grid by grid, whatever the order."""

from dataclasses import replace

from shapely import MultiPolygon, Polygon

from geodata.demo import demo_county
from grids.redraw import compare

GRIDS = demo_county().grids


def test_the_same_grids_change_nothing_in_whatever_order():
    redraw = compare(GRIDS, GRIDS[::-1])
    assert (redraw.added, redraw.removed, redraw.changed) == ((), (), {})
    assert redraw.unchanged == tuple(grid.code for grid in GRIDS)


def test_a_ring_that_starts_or_turns_elsewhere_is_no_change():
    ring = list(GRIDS[0].geometry.exterior.coords)[:-1]
    turned = Polygon([*ring[7:], *ring[:7]][::-1])
    assert compare([GRIDS[0]], [replace(GRIDS[0], geometry=turned)]).changed == {}
    assert compare([GRIDS[0]], [replace(GRIDS[0], geometry=MultiPolygon([turned]))]).changed == {}


def test_each_aspect_is_named():
    a, b, c, d, e = GRIDS[:5]
    moved = Polygon([(x + 1e-7, y) for x, y in d.geometry.exterior.coords])
    after = [
        replace(a, name="新名"),
        replace(b, village_code=GRIDS[-1].village_code, name="新名"),
        replace(c, layer="special"),
        replace(d, geometry=moved),
        replace(e, code="990101001001777"),
    ]
    redraw = compare(GRIDS[:5], after)
    assert redraw.changed == {
        a.code: ("name",),
        b.code: ("name", "village"),
        c.code: ("layer",),
        d.code: ("geometry",),
    }
    assert redraw.added == ("990101001001777",)
    assert redraw.removed == (e.code,)
    assert redraw.unchanged == ()
