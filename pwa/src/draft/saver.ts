/**
 * Saves one open draft at every change, in order, one write at a time.
 *
 * While a write runs only the newest version waits behind it; `settled` resolves when everything
 * typed so far is durable. A failed write is told and tried again with the next change.
 */
import type { DraftRow } from "../store/rows";

export interface Saver {
  save(draft: DraftRow): void;
  settled(): Promise<void>;
  /** Whether everything is durable already: then a picker may open within the very tap. */
  isSettled(): boolean;
}

export function makeSaver(
  write: (draft: DraftRow) => Promise<boolean>,
  tell: (state: "saving" | "saved" | "gone" | "failed", error?: unknown) => void,
): Saver {
  let waiting: DraftRow | null = null;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (waiting) {
      const draft: DraftRow = waiting;
      waiting = null;
      try {
        const there = await write(draft);
        if (!waiting) tell(there ? "saved" : "gone");
      } catch (error) {
        // Keep it for the next change or `settled`, unless something newer already waits.
        waiting ??= draft;
        tell("failed", error);
        return;
      }
    }
  }

  function start(): Promise<void> {
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    save(draft) {
      waiting = draft;
      tell("saving");
      void start();
    },
    isSettled: () => running === null && waiting === null,
    async settled() {
      await running;
      if (waiting) await start();
      if (waiting) throw new Error("the draft could not be written");
    },
  };
}
