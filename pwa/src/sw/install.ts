/** Keeps the browser's offer to install the app until the person asks for it. */
import { signal } from "@preact/signals";

interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

let offer: InstallOffer | null = null;
export const canInstall = signal(false);

export function listenForInstall(): void {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event as InstallOffer;
    canInstall.value = true;
  });
  window.addEventListener("appinstalled", () => {
    canInstall.value = false;
  });
}

export function install(): void {
  void offer?.prompt();
  offer = null;
  canInstall.value = false;
}
