/** Draws a screen of the second piece of the app, which is read once the first screen stands. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { go } from "../route";
import { t } from "../speak";
import { Note, Page } from "./parts/page";

type Piece = typeof import("./work");

let piece: Piece | null = null;
let reading: Promise<Piece> | null = null;

function read(): Promise<Piece> {
  reading ??= import("./work").then(
    (found) => {
      piece = found;
      return found;
    },
    (error) => {
      // The next look tries again: the network may be back.
      reading = null;
      throw error;
    },
  );
  return reading;
}

/** Read the second piece while nothing else is wanted: from then on it is in memory, also offline. */
export function fetchEarly(): void {
  const begin = () => void read().catch((error) => console.warn("piece", error));
  if (typeof requestIdleCallback === "function") requestIdleCallback(begin, { timeout: 2_000 });
  else setTimeout(begin, 500);
}

export function Later({ draw }: { draw: (piece: Piece) => ComponentChildren }) {
  const [found, setFound] = useState(piece);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!found)
      read().then(
        () => setFound(piece),
        () => setFailed(true),
      );
  }, [found]);
  if (found) return <>{draw(found)}</>;
  return (
    <Page title="" onBack={() => go("cases")}>
      {failed ? (
        <>
          <Note tone="warn">{t("piece_missing")}</Note>
          <div class="actions">
            <button type="button" class="weui-btn weui-btn_primary" onClick={() => location.reload()}>
              {t("reload")}
            </button>
          </div>
        </>
      ) : (
        <p class="empty">{t("loading")}</p>
      )}
    </Page>
  );
}
