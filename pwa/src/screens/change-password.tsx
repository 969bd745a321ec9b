/** Setting a password of one's own: asked for at the first sign-in, offered later. */
import { useState } from "preact/hooks";
import { refreshMe, signOut, write } from "../api/session";
import { sayTrouble, t, type Word } from "../speak";
import { session } from "../state";
import { Note, Page } from "./parts/page";

const SHORTEST = 10;

export function ChangePassword(props: { forced: boolean; onDone: () => void }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const person = session.value?.person.id;
    if (!person) return;
    if (fresh !== again) return setTrouble(t("passwords_differ"));
    setBusy(true);
    const json = { old_password: old, new_password: fresh };
    const now = new Date();
    const answer = await write(person, "/me/password", { method: "PUT", json }, now);
    setBusy(false);
    if (answer.kind === "ok") {
      await refreshMe(now);
      props.onDone();
    } else setTrouble(sayTrouble(answer));
  }

  return (
    <Page title={t("change_password")} {...(props.forced ? {} : { onBack: props.onDone })}>
      {props.forced && <Note tone="warn">{t("change_password_first")}</Note>}
      <form onSubmit={submit}>
        <div class="weui-cells weui-cells_form">
          <Secret word="old_password" kind="current-password" value={old} onChange={setOld} />
          <Secret word="new_password" kind="new-password" value={fresh} onChange={setFresh} />
          <Secret word="new_password_again" kind="new-password" value={again} onChange={setAgain} />
        </div>
        {trouble && (
          <Note tone="bad" live>
            {trouble}
          </Note>
        )}
        <div class="actions">
          <button type="submit" class="weui-btn weui-btn_primary" disabled={busy}>
            {t("ok")}
          </button>
        </div>
      </form>
      {props.forced && (
        <div class="actions">
          <button type="button" class="weui-btn weui-btn_default" onClick={() => void signOut()}>
            {t("sign_out")}
          </button>
        </div>
      )}
    </Page>
  );
}

function Secret(props: {
  word: Word;
  kind: "current-password" | "new-password";
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <label class="weui-cell">
      <span class="weui-cell__hd weui-label">{t(props.word)}</span>
      <input
        class="weui-input weui-cell__bd"
        type="password"
        name={props.word}
        autocomplete={props.kind}
        required
        minLength={props.kind === "new-password" ? SHORTEST : 1}
        value={props.value}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
    </label>
  );
}
