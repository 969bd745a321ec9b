/** The people a case is about (当事人), one row each. */
import type { Party } from "../../move/form";
import { t, type Word } from "../../speak";

const EMPTY: Party = { name: "", phone: "", id_number: "", role: "" };
const FIELDS = ["name", "phone", "id_number", "role"] as const;

export function PartiesField({ value, onChange }: { value: Party[]; onChange: (value: Party[]) => void }) {
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
