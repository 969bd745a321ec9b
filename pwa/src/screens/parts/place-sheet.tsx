/** Setting the place by hand: drag the pin on the map, or only name one of one's own grids. */
import { useState } from "preact/hooks";
import { boxAround, type Point } from "../../place/geometry";
import { locateOnPhone } from "../../place/locate";
import { t } from "../../speak";
import { me, pack } from "../../state";
import { GridMap } from "./grid-map";
import { Sheet } from "./page";

export function PlaceSheet(props: {
  start: Point | null;
  onClose: () => void;
  onPoint: (point: Point) => void;
  /** May a grid be named instead of a point? */
  gridToo: boolean;
  onGrid: (code: string) => void;
}) {
  const grids = pack.value?.grids ?? [];
  const mine = me.value?.grids ?? [];
  const codes = mine.map((grid) => grid.code);
  const [pin, setPin] = useState<Point | null>(
    props.start ? { lon: props.start.lon, lat: props.start.lat } : null,
  );
  const shown = pin ?? middleOf(codes);
  const found = shown && locateOnPhone(grids, shown, null).grid;

  return (
    <Sheet
      title={t("place_edit_title")}
      onClose={props.onClose}
      foot={
        <button
          type="button"
          class="weui-btn weui-btn_primary"
          disabled={!shown}
          onClick={() => shown && props.onPoint(shown)}
        >
          {t("place_use")}
        </button>
      }
    >
      {shown && <GridMap grids={grids} mine={codes} chosen={found?.code} pin={shown} onPin={setPin} />}
      <p class="place__grid" role="status">
        {found?.name ?? t("place_outside")}
      </p>
      {props.gridToo && mine.length > 0 && (
        <>
          <h3 class="weui-cells__title">{t("place_by_grid")}</h3>
          <div class="choices">
            {mine.map((grid) => (
              <button key={grid.code} type="button" class="choice" onClick={() => props.onGrid(grid.code)}>
                {grid.name}
              </button>
            ))}
          </div>
        </>
      )}
    </Sheet>
  );
}

/** The middle of one's own grids (or of all), where a pin may start. */
function middleOf(codes: string[]): Point | null {
  const grids = pack.value?.grids ?? [];
  const own = grids.filter((grid) => codes.includes(grid.code));
  const box = boxAround(own.length ? own : grids);
  return box && { lon: (box.west + box.east) / 2, lat: (box.south + box.north) / 2 };
}
