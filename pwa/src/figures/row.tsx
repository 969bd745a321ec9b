/** The way from the first screen to the figures, for those who may ask for some. */
import { link } from "../route";
import { t } from "../speak";
import { me } from "../state";
import { areasOf } from "./ask";

export function FiguresRow() {
  const [area] = areasOf(me.value);
  if (!area) return null;
  return (
    <a class="weui-cells weui-cell weui-cell_access" href={link("figures")} data-testid="to-figures">
      <span class="weui-cell__bd">{t("figures_title")}</span>
      <span class="weui-cell__ft">{area.name}</span>
    </a>
  );
}
