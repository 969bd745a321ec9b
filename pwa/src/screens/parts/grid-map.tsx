/**
 * The small map: grids of the offline pack drawn as SVG, the fix with its circle, and a pin to drag.
 *
 * No tiles and no network; distances are true, the rest is only as good as the pack's simplified borders.
 */
import { useMemo, useRef, useState } from "preact/hooks";
import type { PackGrid } from "../../api/shapes";
import { boxAround, type Point, polygonsOf, toDegrees, toMetres } from "../../place/geometry";
import { shortenNames } from "../../place/names";
import { t } from "../../speak";
import { Icon } from "./icons";

const RATIO = 0.66;
/** Half the width shown around a pin, in metres. */
const AROUND_M = 450;
const STEP_M = 5;
/** Height of a name's letters, where the map is 360 wide. */
const LETTER = 13;
/** A name may be this much wider than its grid; names that lie over each other say nothing. */
const ROOMY = 1.3;

interface View {
  centre: Point;
  half: number;
}

function chooseView(grids: PackGrid[], mine: string[], pin: Point | null, accuracy: number): View | null {
  if (pin) return { centre: pin, half: Math.max(AROUND_M, accuracy * 1.5) };
  const own = grids.filter((grid) => mine.includes(grid.code));
  const box = boxAround(own.length ? own : grids);
  if (!box) return null;
  const centre = { lon: (box.west + box.east) / 2, lat: (box.south + box.north) / 2 };
  const corner = toMetres({ lon: box.east, lat: box.north }, centre);
  return { centre, half: Math.max(corner.x, corner.y / RATIO) * 1.2 };
}

export function GridMap(props: {
  grids: PackGrid[];
  mine: string[];
  chosen?: string | null;
  pin?: Point | null;
  accuracy_m?: number | null;
  onPin?: (pin: Point) => void;
}) {
  const { grids, mine, pin = null, accuracy_m = null, chosen = null } = props;
  const [zoom, setZoom] = useState(1);
  const dragging = useRef(false);
  // While a pin is dragged the view stands still; it follows when the pin is let go.
  const held = useRef<View | null>(null);
  const fresh = chooseView(grids, mine, pin, accuracy_m ?? 0);
  if (held.current === null) held.current = fresh;
  const view = props.onPin ? held.current : fresh;
  const shapes = useMemo(() => (view ? drawGrids(grids, view.centre) : []), [grids, view?.centre]);
  if (!view) return <p class="map map--empty">{t("no_pack")}</p>;

  const half = view.half / zoom;
  const height = half * RATIO;
  const spot = pin && toMetres(pin, view.centre);
  const unit = half / 180;

  function movePin(event: PointerEvent): void {
    const svg = event.currentTarget as SVGSVGElement;
    const matrix = svg.getScreenCTM();
    if (!matrix || !view) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    props.onPin?.(toDegrees(at.x, -at.y, view.centre));
  }

  function letGo(): void {
    if (!dragging.current) return;
    dragging.current = false;
    if (pin) held.current = { centre: pin, half: view?.half ?? AROUND_M };
  }

  function moveByKey(event: KeyboardEvent): void {
    const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!way || !props.onPin || !view) return;
    event.preventDefault();
    const from = pin ?? view.centre;
    const next = toDegrees((way[0] ?? 0) * STEP_M, (way[1] ?? 0) * STEP_M, from);
    held.current = { centre: next, half: view.half };
    props.onPin(next);
  }

  const editing = props.onPin
    ? {
        onPointerDown: (event: PointerEvent) => {
          dragging.current = true;
          (event.currentTarget as Element).setPointerCapture(event.pointerId);
          movePin(event);
        },
        onPointerMove: (event: PointerEvent) => {
          if (dragging.current) movePin(event);
        },
        onPointerUp: letGo,
        onPointerCancel: letGo,
        onKeyDown: moveByKey,
        tabIndex: 0,
        role: "application" as const,
        "aria-label": t("map_pin"),
      }
    : { role: "img" as const, "aria-label": t("map_of_grids") };

  return (
    <div class={props.onPin ? "map map--edit" : "map"}>
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: role and label are in `editing` */}
      <svg viewBox={`${-half} ${-height} ${half * 2} ${height * 2}`} {...editing}>
        {shapes.map(({ grid, path }) => (
          <path key={grid.code} d={path} class={gridClass(grid, mine, chosen)} fill-rule="evenodd" />
        ))}
        {shapes
          .filter(({ label }) => label.text.length * unit * LETTER <= label.room * ROOMY)
          .map(({ grid, label }) => (
            <text key={grid.code} x={label.x} y={label.y} font-size={unit * LETTER} class="map__label">
              {label.text}
            </text>
          ))}
        {spot && accuracy_m !== null && (
          <circle cx={spot.x} cy={-spot.y} r={accuracy_m} class="map__circle" />
        )}
        {spot && (
          <g transform={`translate(${spot.x} ${-spot.y}) scale(${unit})`} class="map__pin">
            <path d="M0 0C-9-11-14-18-14-25a14 14 0 0 1 28 0C14-18 9-11 0 0z" />
            <circle cx="0" cy="-25" r="5" />
          </g>
        )}
      </svg>
      {props.onPin && (
        <div class="map__zoom">
          <button type="button" onClick={() => setZoom(Math.min(16, zoom * 2))} aria-label={t("zoom_in")}>
            <Icon name="plus" />
          </button>
          <button type="button" onClick={() => setZoom(Math.max(0.125, zoom / 2))} aria-label={t("zoom_out")}>
            <Icon name="minus" />
          </button>
        </div>
      )}
    </div>
  );
}

function gridClass(grid: PackGrid, mine: string[], chosen: string | null): string {
  if (grid.code === chosen) return "map__grid map__grid--chosen";
  return mine.includes(grid.code) ? "map__grid map__grid--mine" : "map__grid";
}

/** SVG paths in metres around `origin`, y downwards, with a place for each name. */
function drawGrids(grids: PackGrid[], origin: Point) {
  const names = shortenNames(grids);
  return grids.map((grid) => {
    const rings = polygonsOf(grid).flat();
    const path = rings
      .map((ring) => {
        const corners = ring.map(([lon, lat]) => {
          const { x, y } = toMetres({ lon, lat }, origin);
          return `${x.toFixed(1)} ${(-y).toFixed(1)}`;
        });
        return `M${corners.join("L")}Z`;
      })
      .join("");
    const box = boxAround([grid]) ?? { west: 0, east: 0, south: 0, north: 0 };
    const middle = toMetres({ lon: (box.west + box.east) / 2, lat: (box.south + box.north) / 2 }, origin);
    const room =
      toMetres({ lon: box.east, lat: box.north }, origin).x -
      toMetres({ lon: box.west, lat: box.north }, origin).x;
    const text = names.get(grid.code) ?? grid.name;
    return { grid, path, label: { x: middle.x, y: -middle.y, text, room } };
  });
}
