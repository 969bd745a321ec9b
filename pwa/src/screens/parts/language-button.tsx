/** Switches between Chinese and English; says the language it switches to. */
import { language, setLanguage, t } from "../../speak";

export function LanguageButton() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <button
      type="button"
      class="plain-button"
      lang={other === "zh" ? "zh-CN" : "en"}
      onClick={() => setLanguage(other)}
    >
      {t("other_language")}
    </button>
  );
}
