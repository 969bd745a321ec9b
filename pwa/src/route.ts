/** The screen shown, as the part of the address behind `#`; the office only ever serves `/`. */
import { signal } from "@preact/signals";

/** Path segments, e.g. ["case", "<id>"]; empty on the home screen. */
export const route = signal<string[]>(readRoute());

/** Screens that hold a form: an update waits until they are left. */
const FORMS = new Set(["report", "move", "redo"]);

function readRoute(): string[] {
  if (typeof location === "undefined") return [];
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

if (typeof window !== "undefined")
  window.addEventListener("hashchange", () => {
    route.value = readRoute();
    window.scrollTo(0, 0);
  });

export function link(...segments: string[]): string {
  return `#/${segments.map(encodeURIComponent).join("/")}`;
}

export function go(...segments: string[]): void {
  location.hash = link(...segments);
}

/** Leave the present screen for good: Back does not lead to it again. */
export function replaceWith(...segments: string[]): void {
  location.replace(link(...segments));
}

export function isFormOpen(): boolean {
  return FORMS.has(route.value[0] ?? "");
}
