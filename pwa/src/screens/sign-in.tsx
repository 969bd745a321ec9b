/** Signing in, first or again; keeps nothing of the password. */
import { useState } from "preact/hooks";
import { signIn } from "../api/session";
import { sayTrouble, t } from "../speak";
import { session, unsentCount, unsentOfOthers } from "../state";
import { LanguageButton } from "./parts/language-button";
import { Note } from "./parts/page";

export function SignIn({ onDone }: { onDone?: () => void }) {
  const again = session.value?.person;
  const [account, setAccount] = useState(again?.account ?? "");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    const answer = await signIn(account.trim(), password, new Date());
    setBusy(false);
    if (answer.kind === "ok") onDone?.();
    else setTrouble(sayTrouble(answer));
  }

  return (
    <main class="page page--sign-in">
      <div class="sign-in__top">
        {onDone && (
          <button type="button" class="plain-button" onClick={onDone}>
            {t("back")}
          </button>
        )}
        <LanguageButton />
      </div>
      <div class="sign-in__brand">
        <img src="/icons/icon.svg" width="72" height="72" alt="" />
        <h1>{t("app_name")}</h1>
        <p>{t("app_line")}</p>
      </div>
      {again && unsentCount.value > 0 && <Note tone="warn">{t("session_expired")}</Note>}
      <form onSubmit={submit}>
        <div class="weui-cells weui-cells_form">
          <label class="weui-cell">
            <span class="weui-cell__hd weui-label">{t("account")}</span>
            <input
              class="weui-input weui-cell__bd"
              name="account"
              autocomplete="username"
              autocapitalize="off"
              spellcheck={false}
              required
              value={account}
              onInput={(event) => setAccount(event.currentTarget.value)}
            />
          </label>
          <label class="weui-cell">
            <span class="weui-cell__hd weui-label">{t("password")}</span>
            <input
              class="weui-input weui-cell__bd"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </label>
        </div>
        {trouble && (
          <Note tone="bad" live>
            {trouble}
          </Note>
        )}
        <div class="actions">
          <button type="submit" class="weui-btn weui-btn_primary" disabled={busy}>
            {busy ? t("signing_in") : t("sign_in")}
          </button>
        </div>
      </form>
      {unsentOfOthers.value > 0 && <p class="fine">{t("others_unsent", { n: unsentOfOthers.value })}</p>}
    </main>
  );
}
