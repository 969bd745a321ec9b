/** The running parts that screens may nudge: the tray and the watch over the office's changes. */
import { effect } from "@preact/signals";
import { personId, sending, session } from "../state";
import { startWaking, type Waker } from "../tray/wake";
import { startWatching } from "./watch";

let waker: Waker | null = null;
let watch: { look: () => void } | null = null;

/** Start sending and watching; both go on by themselves. */
export function startParts(): void {
  waker = startWaking((id) => {
    const before = sending.value;
    sending.value = id;
    // Something may just have arrived: the lists show it without waiting for the next poll.
    if (before !== null && id === null) watch?.look();
  }, personId);
  watch = startWatching();
  let known: string | null = null;
  effect(() => {
    const now = session.value && !session.value.expired ? session.value.person.id : null;
    if (now && now !== known) watch?.look();
    known = now;
  });
}

export function wakeTray(): void {
  waker?.wake();
}

export function lookNow(): void {
  watch?.look();
}
