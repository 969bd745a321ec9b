/** The place of a report: measured while the form is open, checked by the person, set by hand if need be. */
import { useEffect, useState } from "preact/hooks";
import { betterFix, collectFixes, POOR_M, type Trouble } from "../../place/fixes";
import { locateOnPhone } from "../../place/locate";
import { t, tCode, type Word } from "../../speak";
import { me, pack } from "../../state";
import type { DraftRow, Fix } from "../../store/rows";
import { GridMap } from "./grid-map";
import { useNow } from "./hooks";
import { Note } from "./page";
import { PlaceSheet } from "./place-sheet";
import { showAge } from "./times";

export type Place = Pick<DraftRow, "place" | "grid_code" | "no_location_reason">;

export function PlaceField(props: {
  draft: Place;
  /** Gets the draft as it stands at that moment: a fix may come in long after this was drawn. */
  onPlace: (change: (draft: Place) => Partial<Place>) => void;
  /** Only a point will do: no grid by name, no reason why there is none. */
  pointOnly?: boolean;
}) {
  const { place, grid_code, no_location_reason } = props.draft;
  const now = useNow(5_000);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [round, setRound] = useState(0);
  const [editing, setEditing] = useState(false);
  const byHand = place?.fix === "manual" || (place === null && grid_code !== null);

  useEffect(() => {
    if (byHand) return;
    return collectFixes(
      (fix) => {
        setTrouble(null);
        props.onPlace((draft) => takeFix(draft, fix));
      },
      (what) => {
        setTrouble(what);
        props.onPlace((draft) =>
          draft.place || draft.no_location_reason ? {} : { no_location_reason: tCode("trouble", what) },
        );
      },
    );
  }, [byHand, round]);

  function measureAgain(): void {
    props.onPlace(() => ({ place: null, grid_code: null, no_location_reason: "" }));
    setTrouble(null);
    setRound(round + 1);
  }

  const grids = pack.value?.grids ?? [];
  const mine = me.value?.grids ?? [];
  const found = place && locateOnPhone(grids, place, place.accuracy_m);
  const named = (code: string | null) =>
    grids.find((grid) => grid.code === code)?.name ?? mine.find((grid) => grid.code === code)?.name ?? code;
  const chosen = grid_code ?? found?.grid?.code ?? null;

  return (
    <section class="card" data-testid="place">
      {!props.pointOnly && <h2 class="card__title">{t("place")}</h2>}
      {place && found && (
        <>
          <p class="place__grid" data-testid="place-grid">
            {chosen === null
              ? t("place_outside")
              : found.match === "near" && !grid_code
                ? t("place_near", { grid: named(chosen) ?? "" })
                : named(chosen)}
          </p>
          <p class="place__line">
            {place.fix === "manual"
              ? t("place_manual")
              : t("place_line", {
                  m: Math.round(place.accuracy_m ?? 0),
                  age: showAge(place.taken_at, now),
                })}
          </p>
          {(place.accuracy_m ?? 0) > POOR_M && (
            <Note tone="warn">{t("place_poor", { m: Math.round(place.accuracy_m ?? 0) })}</Note>
          )}
          {found.candidates.length > 1 && (
            <div class="chips">
              <span class="chips__label">{t("place_border")}</span>
              {found.candidates.map((grid) => (
                <button
                  key={grid.code}
                  type="button"
                  class={grid.code === chosen ? "chip chip--on" : "chip"}
                  aria-pressed={grid.code === chosen}
                  onClick={() => props.onPlace(() => ({ grid_code: grid.code }))}
                >
                  {grid.name}
                </button>
              ))}
            </div>
          )}
          {grids.length > 0 && (
            <GridMap
              grids={grids}
              mine={mine.map((grid) => grid.code)}
              chosen={chosen}
              pin={place}
              accuracy_m={place.accuracy_m}
            />
          )}
        </>
      )}
      {!place && grid_code && (
        <p class="place__grid" data-testid="place-grid">
          {t("place_grid_only", { grid: named(grid_code) ?? grid_code })}
        </p>
      )}
      {!place && !byHand && !trouble && (
        <p class="place__line" role="status">
          <i class="weui-primary-loading" /> {t("place_measuring")}
        </p>
      )}
      {!place && !byHand && trouble && <Note tone="warn">{t(`trouble_${trouble}_hint` as Word)}</Note>}
      {!place && !props.pointOnly && (trouble || byHand) && (
        <label class="field">
          <span>{t("no_location_reason")}</span>
          <input
            class="weui-input"
            value={no_location_reason}
            maxLength={200}
            onInput={(event) => {
              const reason = event.currentTarget.value;
              props.onPlace(() => ({ no_location_reason: reason }));
            }}
          />
        </label>
      )}
      <div class="pair">
        <button type="button" class="weui-btn weui-btn_default" onClick={measureAgain}>
          {t("place_again")}
        </button>
        <button
          type="button"
          class="weui-btn weui-btn_default"
          onClick={() => setEditing(true)}
          disabled={grids.length === 0 && (props.pointOnly || mine.length === 0)}
        >
          {t("place_edit")}
        </button>
      </div>
      {editing && (
        <PlaceSheet
          start={place}
          onClose={() => setEditing(false)}
          onPoint={(point) => {
            setEditing(false);
            const manual: Fix = {
              ...point,
              crs: "wgs84",
              accuracy_m: null,
              fix: "manual",
              taken_at: new Date().toISOString(),
            };
            props.onPlace(() => ({ place: manual, grid_code: null }));
          }}
          gridToo={!props.pointOnly}
          onGrid={(code) => {
            setEditing(false);
            props.onPlace(() => ({
              place: null,
              grid_code: code,
              no_location_reason: t("by_hand_reason"),
            }));
          }}
        />
      )}
    </section>
  );
}

/** Keep the better fix; a grid chosen at a border stays only while the new circle still touches it. */
function takeFix(draft: Place, fix: Fix): Partial<Place> {
  if (draft.place?.fix === "manual" || (!draft.place && draft.grid_code)) return {};
  const place = betterFix(draft.place, fix);
  if (place === draft.place) return {};
  const touched = locateOnPhone(pack.value?.grids ?? [], place, place.accuracy_m).candidates;
  const still = touched.some((grid) => grid.code === draft.grid_code);
  return { place, grid_code: still ? draft.grid_code : null };
}
