/**
 * One HTTP call to the office, told apart by who answered: the office, or something in between.
 *
 * A captive portal or a proxy also answers; what is not JSON of the office is taken as "unreachable",
 * so that nobody but the office can make an item leave the tray or refuse it.
 */
import type { Problem } from "./shapes";

export type Answer<T> =
  | { kind: "ok"; status: number; body: T; headers: Headers }
  | { kind: "unchanged" }
  | Refused
  | { kind: "unreachable"; status: number };

export interface Refused {
  kind: "problem";
  status: number;
  problem: Problem;
  body: unknown;
  /** Seconds the office asks to wait. */
  retry_after_s: number | null;
}

export interface Outgoing {
  method?: "GET" | "PUT" | "POST" | "PATCH" | "DELETE" | "HEAD";
  json?: unknown;
  /** Already serialised JSON, sent as it stands. */
  text?: string;
  bytes?: ArrayBuffer | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** Milliseconds until the call is given up. */
  patience_ms?: number;
}

const PATIENCE_MS = 60_000;

/** Call `path` (below /api/v1) and say who answered what. Never throws. */
export async function call<T>(path: string, request: Outgoing = {}): Promise<Answer<T>> {
  const reply = await send(path, request);
  if (reply === null) return { kind: "unreachable", status: 0 };
  if (reply.status === 304) return { kind: "unchanged" };
  const type = reply.headers.get("content-type") ?? "";
  if (reply.ok) {
    if (reply.status === 204) return { kind: "ok", status: 204, body: null as T, headers: reply.headers };
    if (!/^application\/(geo\+)?json/.test(type)) return { kind: "unreachable", status: 0 };
    const body = await readJson(reply);
    if (body === undefined) return { kind: "unreachable", status: 0 };
    return { kind: "ok", status: reply.status, body: body as T, headers: reply.headers };
  }
  return (await readProblem(reply)) ?? { kind: "unreachable", status: reply.status };
}

/** The office's refusal in a reply that is not ok, or null when somebody else wrote it. */
export async function readProblem(reply: Response): Promise<Refused | null> {
  const type = reply.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) return null;
  const body = await readJson(reply);
  if (typeof body !== "object" || body === null) return null;
  const found = body as Record<string, unknown>;
  if (typeof found.code !== "string") return null;
  const zh = String(found.title ?? found.code);
  const problem: Problem = {
    status: reply.status,
    code: found.code,
    message: { zh, en: String(found.title_en ?? zh) },
    errors: (found.errors ?? {}) as Problem["errors"],
  };
  return { kind: "problem", status: reply.status, problem, body, retry_after_s: readRetryAfter(reply) };
}

/** The bare reply, or null when nobody answered in time; for calls that answer in headers (tus). */
export async function send(path: string, request: Outgoing): Promise<Response | null> {
  const headers = new Headers(request.headers);
  let body: BodyInit | undefined;
  if (request.json !== undefined || request.text !== undefined) {
    headers.set("Content-Type", "application/json");
    body = request.text ?? JSON.stringify(request.json);
  } else if (request.bytes) {
    body = request.bytes;
  }
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), request.patience_ms ?? PATIENCE_MS);
  try {
    // The office names uploads by their whole path.
    const url = path.startsWith("/api/") ? path : `/api/v1${path}`;
    return await fetch(url, {
      method: request.method ?? "GET",
      headers,
      body: body ?? null,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: giveUp.signal,
    });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function readJson(reply: Response): Promise<unknown> {
  try {
    return await reply.json();
  } catch {
    return undefined;
  }
}

function readRetryAfter(reply: Response): number | null {
  const seconds = Number(reply.headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
