/** Setting a case's place anew (更正位置): closed until asked for, so that no measurement slips in unseen. */
import { useRef, useState } from "preact/hooks";
import type { CaseView } from "../../api/shapes";
import { t } from "../../speak";
import type { Fix } from "../../store/rows";
import { type Place, PlaceField } from "./place-field";

export function LocationField(props: {
  one: CaseView;
  value: Fix | undefined;
  onChange: (value: Fix | undefined) => void;
}) {
  const [open, setOpen] = useState(props.value !== undefined);
  // Measurements come in whenever they will: they change what is newest, not what was drawn.
  const place = useRef<Fix | null>(props.value ?? null);

  function put(next: Fix | null): void {
    place.current = next;
    props.onChange(next ?? undefined);
  }

  if (!open)
    return (
      <button
        type="button"
        class="weui-btn weui-btn_default"
        onClick={() => {
          put(placeOf(props.one));
          setOpen(true);
        }}
      >
        {t("correct_place")}
      </button>
    );
  const draft: Place = { place: place.current, grid_code: null, no_location_reason: "" };
  return (
    <>
      <PlaceField
        draft={draft}
        pointOnly
        onPlace={(change) => {
          const changes = change({ ...draft, place: place.current });
          if (changes.place !== undefined) put(changes.place);
        }}
      />
      <button
        type="button"
        class="plain-button"
        onClick={() => {
          put(null);
          setOpen(false);
        }}
      >
        {t("keep_place")}
      </button>
    </>
  );
}

/** Where the case lies now, as a pin to be dragged; without one the phone measures. */
function placeOf(one: CaseView): Fix | null {
  const known = one.location?.wgs84;
  if (!known) return null;
  const { lon, lat } = known;
  return { lon, lat, crs: "wgs84", accuracy_m: null, fix: "manual", taken_at: new Date().toISOString() };
}
