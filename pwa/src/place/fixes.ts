/**
 * Measures the place while a form is open and keeps the best fix, not the last.
 *
 * Measures anew every few seconds until the fix is good; stops while the page is hidden.
 */
import type { Fix } from "../store/rows";

/** Good enough to stop measuring, in metres. */
const GOOD_M = 10;
const PAUSE_MS = 4_000;
const TIMEOUT_MS = 20_000;
/** Worse than this is said plainly: the grid may be wrong. */
export const POOR_M = 100;
/** Worse than this is no place at all (a guess by the network's address); the office refuses it, too. */
const USELESS_M = 100_000;

export type Trouble = "denied" | "unavailable" | "unsupported" | "insecure";

/** The better of two fixes of one form: the smaller accuracy radius. */
export function betterFix(kept: Fix | null, fresh: Fix): Fix {
  if (!kept) return fresh;
  return (fresh.accuracy_m ?? Number.POSITIVE_INFINITY) < (kept.accuracy_m ?? Number.POSITIVE_INFINITY)
    ? fresh
    : kept;
}

/** The browser does not say how it measured; only satellites give an altitude or such a small circle. */
export function readPosition(position: GeolocationPosition): Fix {
  const { longitude, latitude, accuracy, altitude } = position.coords;
  const satellites = altitude !== null || accuracy <= 30;
  return {
    lon: longitude,
    lat: latitude,
    crs: "wgs84",
    accuracy_m: Math.round(accuracy * 10) / 10,
    fix: satellites ? "gps" : "network",
    taken_at: new Date(position.timestamp).toISOString(),
  };
}

/** Begin measuring; the answer stops it. */
export function collectFixes(onFix: (fix: Fix) => void, onTrouble: (trouble: Trouble) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  if (!window.isSecureContext) {
    onTrouble("insecure");
    return () => {};
  }
  if (!navigator.geolocation) {
    onTrouble("unsupported");
    return () => {};
  }

  function measure(): void {
    if (stopped) return;
    if (document.visibilityState === "hidden") {
      again();
      return;
    }
    navigator.geolocation.getCurrentPosition(
      (position) => {
        if (stopped) return;
        const fix = readPosition(position);
        if ((fix.accuracy_m ?? 0) > USELESS_M) onTrouble("unavailable");
        else onFix(fix);
        if ((fix.accuracy_m ?? GOOD_M + 1) > GOOD_M) again();
      },
      (error) => {
        if (stopped) return;
        onTrouble(error.code === error.PERMISSION_DENIED ? "denied" : "unavailable");
        if (error.code !== error.PERMISSION_DENIED) again();
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: TIMEOUT_MS },
    );
  }

  function again(): void {
    timer = setTimeout(measure, PAUSE_MS);
  }

  measure();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
