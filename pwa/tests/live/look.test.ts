/** Following the office's changes: fetch what is kept and changed, and never step past what could not be had. */
import { beforeEach, expect, it, vi } from "vitest";
import { lookOnce } from "../../src/live/look";
import { readCache, writeCache } from "../../src/store/cache";
import { freshPhone, NOW } from "../phone";

let log: string[];
let answers: Record<string, () => Response>;

const json = (body: unknown, etag = "") =>
  new Response(JSON.stringify(body), {
    headers: { "content-type": "application/json", ...(etag ? { etag } : {}) },
  });
const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code, title: code }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

beforeEach(async () => {
  await freshPhone();
  log = [];
  answers = {
    "/changes": () => json({ items: [], next_cursor: "c1", more: false }, '"e1"'),
    "/me": () =>
      json({
        person: { id: "p1", account: "worker1", name: "甲" },
        grants: [],
        units: [],
        grids: [{ code: "g1", name: "第1网格" }],
        csrf_token: "token-1",
      }),
    "/grids/g1": () => json({ properties: { village: "v1" } }),
    "/packs/v1": () => json({ grids: [], categories: [], reasons: {} }, '"v1-1"'),
    "/cases": () => json({ items: [], next_cursor: null }),
    "/inbox": () => json({ items: [], next_cursor: null, unread: 0 }),
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const path = url.replace("/api/v1", "");
    const etag = new Headers(init.headers).get("if-none-match");
    log.push(etag ? `${path} ${etag}` : path);
    const answer = answers[path.split("?")[0] ?? ""];
    if (!answer) throw new TypeError("no network");
    return answer();
  });
});

it("reads everything at first, then asks only what is new, with the ETag", async () => {
  await lookOnce(NOW);
  expect(log).toEqual(expect.arrayContaining(["/me", "/packs/v1", "/cases?limit=50"]));
  expect(log.filter((path) => path.includes("ask="))).toEqual([]);
  expect((await readCache("p1", "pack"))?.value).toMatchObject({ grids: [] });
  log = [];
  answers["/changes"] = () => new Response(null, { status: 304 });
  await lookOnce(NOW);
  expect(log).toEqual(['/changes?since=c1 "e1"']);
});

it("asks what waits for a person's units", async () => {
  const known = (await answers["/me"]?.().json()) as object;
  answers["/me"] = () => json({ ...known, units: [{ id: "u1", kind: "department", area: { code: "v1" } }] });
  await lookOnce(NOW);
  expect(log.filter((path) => path.includes("ask="))).toEqual(
    ["sign", "handle", "answer", "check"].map((ask) => `/cases?ask=${ask}&limit=50`),
  );
});

it("fetches a changed case only if it is kept, and the lists", async () => {
  await lookOnce(NOW);
  await writeCache("p1", "case/k1", { id: "k1", version: 1 }, null, NOW);
  answers["/changes"] = () =>
    json({
      items: [
        { kind: "case", id: "k1", version: 2, gone: false },
        { kind: "case", id: "k2", version: 1, gone: false },
      ],
      next_cursor: "c2",
      more: false,
    });
  answers["/cases/k1"] = () => json({ id: "k1", version: 2 });
  log = [];
  await lookOnce(NOW);
  expect(log).toContain("/cases/k1");
  expect(log).not.toContain("/cases/k2");
  expect(log).not.toContain("/me");
  expect((await readCache("p1", "case/k1"))?.value).toEqual({ id: "k1", version: 2 });
});

it("carries along whole what asks something of this person, and again once it has moved", async () => {
  const known = (await answers["/me"]?.().json()) as object;
  answers["/me"] = () => json({ ...known, grants: [{ role: "grid_worker" }] });
  let version = 3;
  answers["/cases"] = () => json({ items: [{ id: "k9", version, received_at: "" }], next_cursor: null });
  answers["/cases/k9"] = () => json({ id: "k9", version });
  await lookOnce(NOW);
  expect((await readCache("p1", "case/k9"))?.value).toEqual({ id: "k9", version: 3 });
  answers["/changes"] = () =>
    json({ items: [{ kind: "case", id: "k0", version: 1, gone: false }], next_cursor: "c2", more: false });
  log = [];
  await lookOnce(NOW);
  expect(log).not.toContain("/cases/k9");
  version = 4;
  await lookOnce(NOW);
  expect(log).toContain("/cases/k9");
});

it("asks again for what could not be fetched", async () => {
  const lists = answers["/cases"];
  answers["/cases"] = () => problem(503, "unavailable");
  await lookOnce(NOW);
  expect((await readCache("p1", "changes"))?.value).toBeUndefined();
  if (lists) answers["/cases"] = lists;
  await lookOnce(NOW);
  expect((await readCache("p1", "changes"))?.value).toBe("c1");
});

it("starts again when the office no longer knows the cursor", async () => {
  await lookOnce(NOW);
  const fresh = answers["/changes"];
  let first = true;
  answers["/changes"] = () => {
    const expired = first;
    first = false;
    return expired ? problem(410, "cursor_expired") : (fresh?.() ?? problem(500, "internal"));
  };
  log = [];
  await lookOnce(NOW);
  expect(log.slice(0, 2)).toEqual(['/changes?since=c1 "e1"', "/changes"]);
  expect(log).toContain("/cases?limit=50");
});

it("keeps the categories while the pack cannot be had, so that a report can be filed", async () => {
  answers["/packs/v1"] = () => problem(500, "internal");
  answers["/categories"] = () => json({ items: [{ code: "H" }], reasons: {} });
  await lookOnce(NOW);
  expect((await readCache("p1", "pack"))?.value).toEqual({
    grids: [],
    categories: [{ code: "H" }],
    reasons: {},
  });
  expect((await readCache("p1", "changes"))?.value).toBeUndefined();
});

it("fetches the inbox when a notice is new, and nothing else", async () => {
  await lookOnce(NOW);
  log = [];
  const item = { kind: "message", id: "m1", version: 1, gone: false };
  answers["/changes"] = () => json({ items: [item], next_cursor: "c2", more: false });
  answers["/inbox"] = () => json({ items: [], next_cursor: null, unread: 1 });
  await lookOnce(NOW);
  expect(log).toEqual(['/changes?since=c1 "e1"', "/inbox?limit=50"]);
  expect((await readCache("p1", "inbox"))?.value).toMatchObject({ unread: 1 });
  log = [];
  delete answers["/inbox"];
  answers["/changes"] = () => json({ items: [item], next_cursor: "c3", more: false });
  await lookOnce(NOW);
  expect((await readCache("p1", "changes"))?.value).toBe("c2");
});
