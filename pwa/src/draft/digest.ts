/** The SHA-256 under which the office knows a photo. */

/** Whether this page may hash at all: browsers offer it only over https or on localhost. */
export function canDigest(): boolean {
  return typeof crypto.subtle?.digest === "function";
}

/** Lower-case hex. */
export async function digest(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
