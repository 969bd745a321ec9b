/** How this person is told: on this device or not, a way for each kind of notice, a phone number for emergencies. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/call";
import { write } from "../api/session";
import type { Chosen } from "../api/shapes";
import { askForNotices, pushState } from "../live/notices";
import { go } from "../route";
import { sayTrouble, t, tCode } from "../speak";
import { personId } from "../state";
import { Note, Page } from "./parts/page";

const KINDS = ["task", "oversight", "news"];
const WAYS = ["at_once", "collected", "inbox"];

export function Notices() {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [phone, setPhone] = useState("");
  const [said, setSaid] = useState<{ good: boolean; text: string } | null>(null);

  useEffect(() => {
    void call<Chosen>("/me/notices").then((answer) => {
      if (answer.kind === "ok") setChosen(answer.body);
      else setSaid({ good: false, text: sayTrouble(answer) });
    });
  }, []);

  async function save(choices: Chosen["choices"], number?: string): Promise<void> {
    const person = personId();
    if (!person) return;
    const json = { choices, ...(number ? { phone: number } : {}) };
    const answer = await write<Chosen>(person, "/me/notices", { method: "PUT", json }, new Date());
    if (answer.kind === "ok") {
      setChosen(answer.body);
      setPhone("");
      setSaid({ good: true, text: t("saved") });
    } else setSaid({ good: false, text: sayTrouble(answer) });
  }

  return (
    <Page title={t("notices_title")} onBack={() => go("me")}>
      <ThisDevice />
      {chosen && (
        <>
          {KINDS.map((kind) => (
            <section key={kind} class="card" aria-labelledby={`kind-${kind}`} data-kind={kind}>
              <h2 class="card__title" id={`kind-${kind}`}>
                {tCode("kind", kind)}
              </h2>
              <div class="ways">
                {WAYS.map((way) => (
                  <button
                    key={way}
                    type="button"
                    class={chosen.choices[kind] === way ? "chip chip--on" : "chip"}
                    aria-pressed={chosen.choices[kind] === way}
                    onClick={() => save({ ...chosen.choices, [kind]: way })}
                    data-way={way}
                  >
                    {tCode("way", way)}
                  </button>
                ))}
              </div>
            </section>
          ))}
          <p class="fine">{t("notices_emergency")}</p>
          <form
            class="card"
            onSubmit={(event) => {
              event.preventDefault();
              void save(chosen.choices, phone);
            }}
          >
            <label class="field">
              <span class="card__title">{t("notices_phone")}</span>
              <input
                class="weui-input"
                type="tel"
                inputMode="tel"
                autocomplete="tel"
                value={phone}
                placeholder={chosen.phone ? t("notices_phone_kept", { phone: chosen.phone }) : ""}
                onInput={(event) => setPhone(event.currentTarget.value)}
              />
            </label>
            <button type="submit" class="weui-btn weui-btn_default save" disabled={!phone}>
              {t("save")}
            </button>
          </form>
        </>
      )}
      {said && (
        <Note tone={said.good ? "good" : "bad"} live>
          {said.text}
        </Note>
      )}
    </Page>
  );
}

function ThisDevice() {
  const [asking, setAsking] = useState(false);
  const state = pushState.value;
  if (state === null || asking) return <Note tone="plain">{t("push_trying")}</Note>;
  return (
    <section data-testid="push" data-state={state}>
      <Note tone={state === "on" ? "good" : "warn"}>{tCode("push", state)}</Note>
      {(state === "off" || state === "unreachable") && (
        <div class="actions">
          <button
            type="button"
            class="weui-btn weui-btn_primary"
            data-testid="ask-for-notices"
            onClick={() => {
              setAsking(true);
              void askForNotices().finally(() => setAsking(false));
            }}
          >
            {t("notices_ask")}
          </button>
          <p class="fine">{t("notices_ask_hint")}</p>
        </div>
      )}
    </section>
  );
}
