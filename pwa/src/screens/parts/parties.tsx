/**
 * The people a case is about (当事人): masked, or in clear for a purpose that the office writes down.
 *
 * What is shown in clear lives in this part of the screen alone: it is gone when the screen is left and is never kept.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { write } from "../../api/session";
import type { CaseView, Party } from "../../api/shapes";
import { sayTrouble, t } from "../../speak";
import { personId } from "../../state";
import { Fact } from "./case-facts";
import { Note } from "./page";

export function Parties({ one }: { one: CaseView }) {
  const masked = one.parties ?? [];
  const [opened, setOpened] = useState<Party[] | null>(null);
  const [asking, setAsking] = useState(false);
  if (masked.length === 0) return null;
  return (
    <section class="card" data-testid="parties" data-opened={opened !== null}>
      <h2 class="card__title">{t("parties")}</h2>
      {(opened ?? masked).map((party, at) => (
        <dl key={String(at)} class="facts">
          <Fact word={t("party_name")} value={party.name ?? t("party_nameless")} strong />
          {party.role && <Fact word={t("party_role")} value={party.role} />}
          {party.phone && <Fact word={t("party_phone")} value={party.phone} />}
          {party.id_number && <Fact word={t("party_id_number")} value={party.id_number} />}
        </dl>
      ))}
      {opened && <small class="faint">{t("parties_opened")}</small>}
      {!opened && !asking && (
        <button type="button" class="weui-btn weui-btn_default" onClick={() => setAsking(true)}>
          {t("open_parties")}
        </button>
      )}
      {!opened && asking && <Purpose id={one.id} onOpened={setOpened} onCancel={() => setAsking(false)} />}
    </section>
  );
}

/** Asks what the parties are needed for, and fetches them. */
function Purpose(props: { id: string; onOpened: (parties: Party[]) => void; onCancel: () => void }) {
  const [purpose, setPurpose] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const person = personId();
    if (!person) return;
    setBusy(true);
    setTrouble("");
    const answer = await write<{ items: Party[] }>(
      person,
      `/cases/${encodeURIComponent(props.id)}/parties/open`,
      { method: "POST", json: { purpose: purpose.trim() } },
      new Date(),
    );
    setBusy(false);
    if (answer.kind === "ok") props.onOpened(answer.body.items);
    else setTrouble(sayTrouble(answer));
  }

  return (
    <form class="purpose" onSubmit={submit}>
      <label class="field">
        <span>{t("parties_purpose")}</span>
        <input
          class="weui-input"
          name="purpose"
          autocomplete="off"
          required
          minLength={2}
          maxLength={200}
          value={purpose}
          ref={field}
          onInput={(event) => setPurpose(event.currentTarget.value)}
        />
      </label>
      <small class="faint">{t("parties_logged")}</small>
      {trouble && (
        <Note tone="bad" live>
          {trouble}
        </Note>
      )}
      <div class="pair">
        <button type="button" class="weui-btn weui-btn_default" onClick={props.onCancel}>
          {t("cancel")}
        </button>
        <button type="submit" class="weui-btn weui-btn_primary" disabled={busy}>
          {t("show_parties")}
        </button>
      </div>
    </form>
  );
}
