/** Notices on the phone: the badge goes down at once for what was read, and never below what the office said. */
import { beforeEach, expect, it, vi } from "vitest";
import { INBOX, markRead, readAbout } from "../../src/live/inbox";
import { readCache, writeCache } from "../../src/store/cache";
import { withBooks } from "../../src/store/open";
import { freshPhone, NOW } from "../phone";

let put: string[];
let reachable: boolean;

const message = (id: string, about: string, read_at: string | null = null) => ({
  id,
  kind: "task",
  action: "submit",
  urgency: 2,
  case: { id: about, code: about },
  text: { zh: "", en: "" },
  at: NOW.toISOString(),
  read_at,
});

beforeEach(async () => {
  await freshPhone();
  put = [];
  reachable = true;
  await withBooks((db) =>
    db.put("meta", {
      key: "session",
      person: { id: "p1", account: "village1", name: "甲" },
      csrf_token: "token-1",
      expired: false,
    }),
  );
  const items = [message("m1", "c1"), message("m2", "c1"), message("m3", "c2"), message("m4", "c1", "then")];
  await writeCache("p1", INBOX, { items, next_cursor: null, unread: 3 }, null, NOW);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (!reachable) throw new TypeError("no network");
    put.push(`${init.method} ${url}`);
    return new Response(JSON.stringify({ unread: 0 }), { headers: { "content-type": "application/json" } });
  });
});

const kept = async () =>
  (await readCache("p1", INBOX))?.value as { items: { read_at: string | null }[]; unread: number };

it("marks what was read here and at the office", async () => {
  await markRead("p1", ["m1"], NOW);
  expect(put).toEqual(["PUT /api/v1/inbox/m1/read"]);
  expect((await kept()).unread).toBe(2);
  await markRead("p1", ["m1"], NOW);
  expect((await kept()).unread).toBe(2);
});

it("reads everything unread about a case that is opened", async () => {
  await readAbout("p1", "c1", NOW);
  expect(put).toEqual(["PUT /api/v1/inbox/m1/read", "PUT /api/v1/inbox/m2/read"]);
  expect((await kept()).unread).toBe(1);
});

it("leaves unread what the office could not hear of", async () => {
  reachable = false;
  await readAbout("p1", "c1", NOW);
  expect((await kept()).unread).toBe(3);
});
