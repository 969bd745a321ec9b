/** One field of a move's form, by the type the office names; an unknown type is asked for as text. */
import type { CaseSummary, CaseView, Need, Page } from "../../api/shapes";
import { listKey } from "../../live/cases";
import type { Helper, Party, Value } from "../../move/form";
import { say, t, type Word } from "../../speak";
import { CategoryField } from "./category-field";
import { useKept } from "./hooks";
import { PhotoField } from "./photo-field";
import { HelpersField, UnitField, UnitsField } from "./unit-field";
import { UrgencyField } from "./urgency-field";

interface Props {
  need: Need;
  one: CaseView;
  value: Value | undefined;
  /** Units that another field of the form names. */
  taken: Set<string>;
  onChange: (value: Value) => void;
  owner: string;
  person: string;
  keepNow: () => Promise<void>;
}

export function NeedField(props: Props) {
  const { need } = props;
  return (
    <fieldset class="field" data-need={need.name}>
      <legend class="card__title">
        {say(need.label)}
        {!need.required && <span class="card__aside">{t("optional")}</span>}
      </legend>
      {drawField(props)}
    </fieldset>
  );
}

function drawField({ need, one, value, taken, onChange, owner, person, keepNow }: Props) {
  const list = Array.isArray(value) ? value : [];
  const text = typeof value === "string" ? value : "";
  switch (need.type) {
    case "choice":
      return <Choice need={need} value={value} onChange={onChange} />;
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
      return <Parties value={list as Party[]} onChange={onChange} />;
    case "case":
      return <OtherCase one={one} value={value} onChange={onChange} label={say(need.label)} />;
    case "unit":
      return <UnitField need={need} taken={taken} value={text} onChange={onChange} />;
    case "units":
      return <UnitsField need={need} taken={taken} value={list as string[]} onChange={onChange} />;
    case "helpers":
      return <HelpersField need={need} taken={taken} value={list as Helper[]} onChange={onChange} />;
    case "moment":
      return (
        <input
          class="weui-input"
          type="datetime-local"
          aria-label={say(need.label)}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "line":
      return (
        <input
          class="weui-input"
          type="text"
          autocomplete="off"
          aria-label={say(need.label)}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return (
        <textarea
          class="weui-textarea"
          rows={3}
          aria-label={say(need.label)}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

type Part = { value: Value | undefined; onChange: (value: Value) => void };

function Choice({ need, value, onChange }: Part & { need: Need }) {
  return (
    <div class="choices choices--one" role="radiogroup" aria-label={say(need.label)}>
      {(need.choices ?? []).map((choice) => (
        <label key={choice.value} class={value === choice.value ? "choice choice--on" : "choice"}>
          <input
            type="radio"
            name={need.name}
            checked={value === choice.value}
            onChange={() => onChange(choice.value)}
          />
          {say(choice.label)}
        </label>
      ))}
    </div>
  );
}

function OtherCase({ one, value, onChange, label }: Part & { one: CaseView; label: string }) {
  const kept = useKept<Page<CaseSummary>>(listKey("all"))?.value.items ?? [];
  const others = kept.filter((other) => other.id !== one.id);
  return (
    <select
      class="select"
      aria-label={label}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{t("case_not_chosen")}</option>
      {others.map((other) => (
        <option key={other.id} value={other.id}>
          {other.title} · {other.code}
        </option>
      ))}
    </select>
  );
}

const EMPTY: Party = { name: "", phone: "", id_number: "", role: "" };
const FIELDS = ["name", "phone", "id_number", "role"] as const;

function Parties({ value, onChange }: { value: Party[]; onChange: (value: Party[]) => void }) {
  const put = (index: number, changes: Partial<Party>) =>
    onChange(value.map((party, at) => (at === index ? { ...party, ...changes } : party)));
  return (
    <>
      {value.map((party, index) => (
        <div key={String(index)} class="party">
          {FIELDS.map((field) => (
            <input
              key={field}
              class="weui-input"
              value={party[field]}
              inputMode={field === "phone" ? "tel" : "text"}
              autocomplete="off"
              placeholder={t(`party_${field}` as Word)}
              aria-label={`${t("party_n", { n: index + 1 })} ${t(`party_${field}` as Word)}`}
              onInput={(event) => put(index, { [field]: event.currentTarget.value })}
            />
          ))}
          <button
            type="button"
            class="plain-button plain-button--bad"
            onClick={() => onChange(value.filter((_, at) => at !== index))}
          >
            {t("remove_party", { n: index + 1 })}
          </button>
        </div>
      ))}
      <button type="button" class="weui-btn weui-btn_default" onClick={() => onChange([...value, EMPTY])}>
        {t("add_party")}
      </button>
    </>
  );
}
