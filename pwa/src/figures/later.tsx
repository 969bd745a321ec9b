/** Fetches the figures when they are first opened, so that the first screen stays small. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Note } from "../screens/parts/page";
import { t } from "../speak";

type FiguresScreen = ComponentType<{ path: string[] }>;

/** The service worker keeps every piece of its version, so this one is there without a network too. */
export function FiguresLater({ path }: { path: string[] }) {
  const [screen, setScreen] = useState<{ Figures: FiguresScreen } | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import("./table").then(setScreen, () => setFailed(true));
  }, []);
  if (failed) return <Note tone="warn">{t("office_unreachable")}</Note>;
  return screen ? <screen.Figures path={path} /> : <p class="empty">{t("loading")}</p>;
}
