/** One field of a move's form, by the type the office names; an unknown type is asked for as text. */
import type { CaseView, Need } from "../../api/shapes";
import type { Helper, Party, Value } from "../../move/form";
import { say, t } from "../../speak";
import type { Fix } from "../../store/rows";
import { CaseField } from "./case-field";
import { CategoryField } from "./category-field";
import { ChoiceField, FlagField } from "./choice-field";
import { LocationField } from "./location-field";
import { DayField, MomentField } from "./moment-field";
import { PartiesField } from "./parties-field";
import { PersonField } from "./person-field";
import { PhotoField } from "./photo-field";
import { HelpersField, UnitField, UnitsField } from "./unit-field";
import { UrgencyField } from "./urgency-field";

interface Props {
  need: Need;
  one: CaseView;
  value: Value | undefined;
  /** Why the field as it stands does not do. */
  trouble: string | null;
  /** Units that another field of the form names. */
  taken: Set<string>;
  onChange: (value: Value | undefined) => void;
  owner: string;
  person: string;
  keepNow: () => Promise<void>;
}

/** Types without a way of their own to leave them empty again. */
const CLEARED = new Set(["choice", "category", "urgency", "case", "unit", "flag", "person"]);

export function NeedField(props: Props) {
  const { need, value, trouble } = props;
  const clearable = !need.required && value !== undefined && value !== "" && CLEARED.has(need.type);
  return (
    <fieldset
      class={trouble ? "field field--bad" : "field"}
      data-need={need.name}
      aria-describedby={trouble ? `why-${need.name}` : undefined}
    >
      <legend class="card__title">
        {say(need.label)}
        {need.required ? (
          <span class="must" title={t("required")}>
            <span aria-hidden="true">*</span>
            <span class="unseen">{t("required")}</span>
          </span>
        ) : (
          <span class="card__aside">{t("optional")}</span>
        )}
        {clearable && (
          <button type="button" class="plain-button" onClick={() => props.onChange(undefined)}>
            {t("clear")}
          </button>
        )}
      </legend>
      {drawField(props)}
      {trouble && (
        <p class="field__why" id={`why-${need.name}`} role="alert">
          {trouble}
        </p>
      )}
    </fieldset>
  );
}

function drawField({ need, one, value, taken, onChange, owner, person, keepNow }: Props) {
  const list = Array.isArray(value) ? value : [];
  const text = typeof value === "string" ? value : "";
  const label = say(need.label);
  switch (need.type) {
    case "choice":
      return <ChoiceField need={need} value={text} onChange={onChange} />;
    case "flag":
      return (
        <FlagField label={label} value={typeof value === "boolean" ? value : undefined} onChange={onChange} />
      );
    case "category":
      return <CategoryField value={text || null} onChoose={(category) => onChange(category.code)} />;
    case "urgency":
      return <UrgencyField value={typeof value === "number" ? value : undefined} onChange={onChange} />;
    case "photos":
      return (
        // The form is written with its step id before the camera opens: the photo finds it again.
        <PhotoField owner={owner} person={person} isSettled={() => false} settled={keepNow} />
      );
    case "parties":
      return <PartiesField value={list as Party[]} onChange={onChange} />;
    case "case":
      return <CaseField one={one} value={text} onChange={onChange} label={label} />;
    case "unit":
      return <UnitField need={need} taken={taken} value={text} onChange={onChange} />;
    case "units":
      return <UnitsField need={need} taken={taken} value={list as string[]} onChange={onChange} />;
    case "helpers":
      return <HelpersField need={need} taken={taken} value={list as Helper[]} onChange={onChange} />;
    case "person":
      return <PersonField need={need} value={text} onChange={onChange} />;
    case "location":
      return <LocationField one={one} value={value as Fix | undefined} onChange={onChange} />;
    case "moment":
      return <MomentField label={label} value={text} onChange={onChange} />;
    case "day":
      return <DayField label={label} value={text} onChange={onChange} />;
    case "line":
      return (
        <input
          class="weui-input"
          type="text"
          autocomplete="off"
          aria-label={label}
          aria-required={need.required}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return (
        <textarea
          class="weui-textarea"
          rows={3}
          aria-label={label}
          aria-required={need.required}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
