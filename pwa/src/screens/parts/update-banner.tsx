/** Offers the new version; taking it waits until the tray is idle. */
import { t } from "../../speak";
import { takeUpdate, updateAsked } from "../../sw/update";

export function UpdateBanner() {
  return (
    <div class="update" role="status">
      <span>{updateAsked.value ? t("new_version_waits") : t("new_version")}</span>
      {!updateAsked.value && (
        <button type="button" class="plain-button" onClick={takeUpdate}>
          {t("new_version_take")}
        </button>
      )}
    </div>
  );
}
