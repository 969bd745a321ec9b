/** What is not at the office yet, in a colour that cannot be missed, and why. */
import { link } from "../../route";
import { t } from "../../speak";
import { refused, sending, session, unsentCount, unsentPhotos, unsentTexts } from "../../state";
import { Icon } from "./icons";

export function UnsentBanner() {
  const count = unsentCount.value;
  if (count === 0)
    return (
      <p class="unsent unsent--none" data-testid="unsent" data-count="0">
        <Icon name="check" size={20} />
        {t("unsent_none")}
      </p>
    );
  return (
    <a
      class={refused.value.length ? "unsent unsent--refused" : "unsent"}
      href={link("tray")}
      data-testid="unsent"
      data-count={count}
    >
      <Icon name={refused.value.length ? "warn" : "tray"} size={32} />
      <span class="unsent__words">
        <strong>{t("unsent_n", { n: count })}</strong>
        <small>{reason()}</small>
      </span>
      <Icon name="next" />
    </a>
  );
}

function reason(): string {
  if (session.value?.expired) return t("unsent_sign_in");
  if (refused.value.length) return t("unsent_refused", { n: refused.value.length });
  if (sending.value) return t("unsent_sending");
  if (unsentTexts.value.length === 0) return t("photos_left", { n: unsentPhotos.value.length });
  return t("unsent_waiting");
}
