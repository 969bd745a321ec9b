/** Subscribing: told to the office under one id, anew for a new key, never waiting for ever. */
import { beforeEach, expect, it, vi } from "vitest";
import { fromBase64url, refreshPush } from "../../src/live/push";
import { withBooks } from "../../src/store/open";
import { freshPhone, NOW } from "../phone";

const KEY = "BAECAwQ";
let ended: string[];
let put: { url: string; body: { endpoint: string } }[];
let alive: boolean;
let made: FakeSubscription[];
let hang: boolean;

class FakeSubscription {
  gone = false;
  readonly endpoint = `https://push.example/${made.length}`;
  readonly options: { applicationServerKey: ArrayBuffer };
  constructor(key: Uint8Array<ArrayBuffer>) {
    this.options = { applicationServerKey: key.buffer };
  }
  async unsubscribe(): Promise<boolean> {
    this.gone = true;
    return true;
  }
  toJSON() {
    return { endpoint: this.endpoint };
  }
}

const registration = {
  pushManager: {
    getSubscription: async () => made.filter((one) => !one.gone).at(-1) ?? null,
    subscribe: ({ applicationServerKey }: { applicationServerKey: Uint8Array<ArrayBuffer> }) => {
      if (hang) return new Promise(() => {});
      made.push(new FakeSubscription(applicationServerKey));
      return Promise.resolve(made.at(-1));
    },
  },
} as unknown as ServiceWorkerRegistration;

let key: string;

beforeEach(async () => {
  vi.useRealTimers();
  await freshPhone();
  put = [];
  ended = [];
  made = [];
  alive = true;
  hang = false;
  key = KEY;
  vi.stubGlobal("Notification", { permission: "granted" });
  await withBooks((db) =>
    db.put("meta", {
      key: "session",
      person: { id: "p1", account: "village1", name: "甲" },
      csrf_token: "token-1",
      expired: false,
    }),
  );
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const answer = url.endsWith("/push/key") ? { key } : { alive };
    if (init.method === "DELETE") ended.push(url);
    if (init.method === "PUT") put.push({ url, body: JSON.parse(String(init.body)) });
    return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  });
});

it("keeps one subscription under one id at every start", async () => {
  expect(await refreshPush(registration, NOW)).toBe("on");
  expect(await refreshPush(registration, NOW)).toBe("on");
  expect(made.length).toBe(1);
  expect(new Set(put.map((one) => one.url)).size).toBe(1);
});

it("subscribes anew when the office has a new key", async () => {
  await refreshPush(registration, NOW);
  key = "BAECAwU";
  await refreshPush(registration, NOW);
  expect(made.map((one) => one.gone)).toEqual([true, false]);
  expect(new Set(put.map((one) => one.url)).size).toBe(2);
});

it("ends at the office what it had before, once", async () => {
  await refreshPush(registration, NOW);
  const before = put.map((one) => one.url);
  for (const one of made) one.gone = true;
  expect(await refreshPush(registration, NOW)).toBe("on");
  expect(await refreshPush(registration, NOW)).toBe("on");
  expect(ended).toEqual(before);
});

it("begins anew after the office gave it up", async () => {
  alive = false;
  expect(await refreshPush(registration, NOW)).toBe("unreachable");
  alive = true;
  expect(await refreshPush(registration, NOW)).toBe("on");
  expect(made.map((one) => one.gone)).toEqual([true, false]);
});

it("gives a subscribe call that hangs ten seconds", async () => {
  hang = true;
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout"],
    shouldAdvanceTime: true,
    advanceTimeDelta: 500,
  });
  const state = refreshPush(registration, NOW);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await state).toBe("unreachable");
});

it("asks nothing of a browser that has no push or whose person said no", async () => {
  expect(await refreshPush(undefined, NOW)).toBe("unsupported");
  vi.stubGlobal("Notification", { permission: "denied" });
  expect(await refreshPush(registration, NOW)).toBe("denied");
  vi.stubGlobal("Notification", { permission: "default" });
  expect(await refreshPush(registration, NOW)).toBe("off");
  expect(put).toEqual([]);
});

it("reads the office's key", () => {
  expect([...fromBase64url("AQID_-8")]).toEqual([1, 2, 3, 255, 239]);
});
