/** Puts a filled form into the tray and waits a moment for what the office says to it. */
import { effect } from "@preact/signals";
import type { CaseView, Move } from "../api/shapes";
import { seenOf } from "../case/since";
import { stamp } from "../draft/body";
import { listPhotos } from "../draft/photos";
import { wakeTray } from "../live/parts";
import { session, tray } from "../state";
import { submitMove } from "../tray/enter";
import { composePayload, findLacks, type Lack, type MoveForm } from "./form";

/** A network this slow answers later; the tray tells then. */
const PATIENCE_MS = 5_000;

/** What the form lacks; empty when the move is in the tray. `corrects`: the refused move it replaces. */
export async function sendForm(
  person: string,
  one: CaseView,
  offer: Move,
  form: MoveForm,
  corrects: string | null,
): Promise<Lack[]> {
  const arrived = (await listPhotos(form.step_id)).filter((photo) => photo.state === "ready");
  const hashes = arrived.map((photo) => photo.sha256);
  const payload = composePayload(offer, form.values, hashes);
  const lacks = findLacks(offer, payload);
  if (lacks.length) return lacks;
  const now = new Date();
  await submitMove(
    {
      step_id: form.step_id,
      person,
      case_id: one.id,
      case_code: one.code,
      action: offer.action,
      label: offer.label ?? null,
      based_on: one.version,
      payload,
      at: stamp(now),
      assignment: form.pointed?.assignment ?? offer.assignment ?? null,
      request: form.pointed?.request ?? offer.request ?? null,
      as_unit: form.pointed?.unit ?? null,
      next: offer.then ?? [],
      seen: seenOf(one),
      corrects,
    },
    now,
  );
  wakeTray();
  return [];
}

/** How an item of the tray fared by now; `waiting` once the network is silent or the patience is over. */
export function howItFared(id: string): Promise<"arrived" | "refused" | "waiting"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end("waiting"), PATIENCE_MS);
    let stop: (() => void) | null = null;
    let ended = false;
    // The tray's rows are read a moment after they were written: until then the item is not there yet.
    let seen = false;
    function end(how: "arrived" | "refused" | "waiting"): void {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      queueMicrotask(() => stop?.());
      resolve(how);
    }
    stop = effect(() => {
      const row = tray.value.find((other) => other.id === id);
      if (row?.state === "refused") end("refused");
      else if (row?.failure || session.value?.expired) end("waiting");
      else if (!row && seen) end("arrived");
      if (row) seen = true;
    });
  });
}
