/** Choosing one person among those the office says may be named; a long list can be searched. */
import type { Need } from "../../api/shapes";
import { t } from "../../speak";
import { Picks } from "./picks";

export function PersonField(props: { need: Need; value: string; onChange: (person: string) => void }) {
  return (
    <Picks
      need={props.need}
      chosen={[props.value]}
      onPick={props.onChange}
      search={t("search_person")}
      none={t("no_person_found")}
    />
  );
}
