/** Who is signed in, how safe the unsent work is on this phone, the language, and signing out. */
import { useEffect, useState } from "preact/hooks";
import { signOut } from "../api/session";
import { askToStay, kept } from "../draft/stay";
import { leavePush } from "../live/notices";
import { go, link } from "../route";
import { t } from "../speak";
import { drafts, me, session, unsentCount } from "../state";
import { canInstall, install } from "../sw/install";
import { LanguageButton } from "./parts/language-button";
import { Note, Page } from "./parts/page";

declare const __VERSION__: string;

export function Me() {
  const [room, setRoom] = useState<{ used: number; free: number } | null>(null);
  useEffect(() => {
    void askToStay();
    void navigator.storage
      ?.estimate?.()
      .then(({ usage = 0, quota = 0 }) =>
        setRoom({ used: Math.ceil(usage / 1e6), free: Math.floor((quota - usage) / 1e6) }),
      )
      .catch(() => {});
  }, []);
  const person = me.value;
  const unsent = unsentCount.value + drafts.value.length;

  function leave(): void {
    if (unsent > 0 && !confirm(t("sign_out_unsent", { n: unsent }))) return;
    go();
    void leavePush()
      .catch(() => {})
      .then(signOut);
  }

  return (
    <Page title={t("me_title")} aside={<LanguageButton />}>
      <section class="card me">
        <h2>{session.value?.person.name}</h2>
        <p class="faint">{session.value?.person.account}</p>
      </section>
      <div class="weui-cells">
        {person && person.units.length > 0 && (
          <Line word={t("units")} value={person.units.map((unit) => unit.name).join(t("separator"))} />
        )}
        {person && person.grids.length > 0 && (
          <Line word={t("grids")} value={person.grids.map((grid) => grid.name).join(t("separator"))} />
        )}
        <a class="weui-cell weui-cell_access" href={link("me", "notices")}>
          <span class="weui-cell__bd">{t("notices_title")}</span>
          <span class="weui-cell__ft" />
        </a>
        <Line word={t("version")} value={__VERSION__} />
        <a class="weui-cell weui-cell_access" href={link("me", "password")}>
          <span class="weui-cell__bd">{t("change_password")}</span>
          <span class="weui-cell__ft" />
        </a>
      </div>
      <h2 class="weui-cells__title">{t("storage")}</h2>
      {kept.value !== null && (
        <Note tone={kept.value ? "good" : "warn"}>{t(kept.value ? "storage_kept" : "storage_at_risk")}</Note>
      )}
      {room && <p class="fine">{t("storage_used", room)}</p>}
      {canInstall.value && (
        <div class="actions">
          <button type="button" class="weui-btn weui-btn_primary" onClick={install}>
            {t("install")}
          </button>
        </div>
      )}
      <div class="actions">
        <button type="button" class="weui-btn weui-btn_warn" onClick={leave} data-testid="sign-out">
          {t("sign_out")}
        </button>
      </div>
    </Page>
  );
}

function Line({ word, value }: { word: string; value: string }) {
  return (
    <div class="weui-cell">
      <span class="weui-cell__hd weui-label">{word}</span>
      <span class="weui-cell__bd">{value}</span>
    </div>
  );
}
