/** Follows the office's changes: every 15 s while the page is seen, every 60 s while it is not. */
import { lookOnce } from "./look";

const SEEN_MS = 15_000;
const HIDDEN_MS = 60_000;

/** Poll until stopped; the first poll is at once. */
export function startWatching(): { look: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    if (!looking) {
      looking = true;
      await lookOnce(new Date()).catch((error) => console.warn("changes", error));
      looking = false;
    }
    clearTimeout(timer);
    timer = setTimeout(look, document.visibilityState === "visible" ? SEEN_MS : HIDDEN_MS);
  }

  const whenVisible = () => {
    if (document.visibilityState === "visible") void look();
  };
  document.addEventListener("visibilitychange", whenVisible);
  void look();
  return {
    look: () => void look(),
    stop() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenVisible);
    },
  };
}
