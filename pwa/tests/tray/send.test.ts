/** The promises of the tray: nothing lost, nothing doubled, nothing blocked by a poison item. */
import { beforeEach, describe, expect, it } from "vitest";
import { readCache } from "../../src/store/cache";
import { withBooks } from "../../src/store/open";
import type { PhotoItem } from "../../src/store/rows";
import { correctRefused, dropItem, submitDraft, submitMove, takeBack } from "../../src/tray/enter";
import { listTray } from "../../src/tray/rows";
import { sendTray } from "../../src/tray/send";
import { PIECE } from "../../src/tray/upload";
import type { Office } from "../office";
import { createDraft, createReport, freshPhone, NOW, run, signInAs } from "../phone";

let office: Office;
beforeEach(async () => {
  office = await freshPhone();
});

const kinds = async () => (await listTray("p1")).map((row) => `${row.kind} ${row.state}`);
const photoCount = () => withBooks((db) => db.count("photos"));

describe("sending", () => {
  it("takes a report and its photos to the office once, texts before photos", async () => {
    const first = await createReport([100, 200]);
    const second = await createReport([300]);
    await run();
    expect([...office.reports.keys()]).toEqual([first.id, second.id]);
    expect(office.photos.size).toBe(3);
    const turns = office.log.map((line) => line.split("/").length);
    expect(turns).toEqual([...turns].sort((a, b) => a - b));
    expect(office.log[2]).toContain(first.photos[0]?.sha256);
    expect(office.log[3]).toContain(second.photos[0]?.sha256);
    expect(await kinds()).toEqual([]);
    expect(await photoCount()).toBe(0);
    const sent = await withBooks((db) => db.get("sent", first.id));
    expect(sent?.code).toMatch(/^410000-/);
  });

  it("makes exactly one case when the reply was lost after the office had committed", async () => {
    await createReport([100]);
    office.fault = (method, _path, nth) => (method === "PUT" && nth < 2 ? "silent_after" : undefined);
    await run();
    expect(await kinds()).toContain("report waiting");
    await run();
    await run();
    expect(office.reports.size).toBe(1);
    expect(office.photos.size).toBe(1);
    expect(await kinds()).toEqual([]);
  });

  it("sends the same bytes again, never another content under the same id", async () => {
    const { id } = await createReport();
    const bodies: unknown[] = [];
    const real = office.fetch;
    office.fault = () => "silent_after";
    globalThis.fetch = ((url: string, init: RequestInit) => {
      bodies.push(init.body);
      return real(url, init);
    }) as typeof fetch;
    await run();
    expect(await takeBack(id)).toBe(false);
    office.fault = () => undefined;
    await run();
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
  });

  it("files a double tap once", async () => {
    const draft = await createDraft();
    const taps = await Promise.all([submitDraft(draft.id, NOW), submitDraft(draft.id, NOW)]);
    expect(taps).toEqual([true, false]);
    await Promise.all([run(), run()]);
    expect(office.log).toEqual([`PUT /reports/${draft.id}`]);
  });

  it("does not let a captive portal's page count as a receipt or as a refusal", async () => {
    await createReport();
    office.fault = () => "portal";
    await run();
    expect(await kinds()).toEqual(["report waiting"]);
    office.fault = () => undefined;
    await run();
    expect(office.reports.size).toBe(1);
  });

  it("waits longer after each failure and never gives up", async () => {
    await createReport();
    office.fault = () => "broken";
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      await run();
      const [row] = await listTray("p1");
      expect(row?.failure?.status).toBe(503);
      waits.push((row?.not_before ?? 0) - Date.parse(row?.failure?.at ?? ""));
    }
    expect(waits[0]).toBe(1000);
    expect(waits[1]).toBe(2000);
    expect(waits.at(-1)).toBe(150_000);
    expect(await kinds()).toEqual(["report waiting"]);
    office.fault = () => undefined;
    await run();
    expect(await kinds()).toEqual([]);
  });
});

describe("a poison item", () => {
  it("stays with the office's reason and blocks nothing", async () => {
    const bad = await createReport([100], { text: "毒毒毒毒毒毒" });
    const good = await createReport([100]);
    office.refuse = (_method, path) =>
      path === `/reports/${bad.id}` ? { status: 422, code: "invalid" } : undefined;
    await run();
    expect([...office.reports.keys()]).toEqual([good.id]);
    expect(office.photos.size).toBe(1);
    const [row] = await listTray("p1");
    expect(row?.state).toBe("refused");
    expect(row?.failure?.problem?.message.zh).toBe("办公室说：invalid");
    expect(await kinds()).toEqual(["report refused", "photo waiting"]);
    const before = office.log.length;
    await run();
    expect(office.log.length).toBe(before);
  });

  it("is corrected under a new id with its photos, and goes when the correction arrives", async () => {
    const bad = await createReport([100]);
    office.refuse = (_method, path) =>
      path === `/reports/${bad.id}` ? { status: 409, code: "already_different" } : undefined;
    await run();
    const draft = await correctRefused(bad.id, NOW);
    expect(draft?.id).not.toBe(bad.id);
    expect((await correctRefused(bad.id, NOW))?.id).toBe(draft?.id);
    expect(await kinds()).toEqual(["report refused", "photo waiting"]);
    await submitDraft(draft?.id ?? "", NOW);
    await run();
    expect([...office.reports.keys()]).toEqual([draft?.id]);
    expect([...office.photos.keys()]).toEqual([bad.photos[0]?.sha256]);
    expect(await kinds()).toEqual([]);
    expect(await photoCount()).toBe(0);
  });

  it("may be a single photo: the report stands, the photo is dropped by its person", async () => {
    await createReport([100, 200]);
    office.refuse = (_method, path) =>
      path.includes("/photos/") ? { status: 422, code: "photo_refused" } : undefined;
    await run();
    expect(office.reports.size).toBe(1);
    expect(await kinds()).toEqual(["photo refused", "photo refused"]);
    for (const row of await listTray("p1")) await dropItem(row.id);
    expect(await photoCount()).toBe(0);
  });
});

describe("signing in and out", () => {
  it("pauses at 401 without losing anything and goes on after sign-in", async () => {
    await createReport([100]);
    office.signedIn = false;
    await run();
    expect(await kinds()).toEqual(["report waiting", "photo waiting"]);
    const tries = office.log.length;
    await run();
    expect(office.log.length).toBe(tries);
    office.signedIn = true;
    await signInAs(office);
    await run();
    expect(await kinds()).toEqual([]);
  });

  it("fetches a stale page token again and goes on", async () => {
    await createReport();
    office.csrf = "token-2";
    await run();
    expect(office.log.map((line) => line.split("/")[1])).toEqual(["reports", "me", "reports"]);
    expect(await kinds()).toEqual([]);
  });

  it("never sends one person's work under another's name", async () => {
    await createReport();
    // Another tab signed in somebody else: the cookie is theirs, this phone's row is still p1's.
    office.person = { id: "p2", account: "worker2", name: "乙" };
    office.csrf = "token-of-p2";
    await run();
    await run();
    expect(office.reports.size).toBe(0);
    expect(await kinds()).toEqual(["report waiting"]);
    office.person = { id: "p1", account: "worker1", name: "甲" };
    await signInAs(office);
    await run();
    expect(office.reports.size).toBe(1);
  });
});

describe("photos", () => {
  it("resume where they broke off, at the price of one piece per cut", async () => {
    const size = PIECE * 5 + 100;
    const { photos } = await createReport([size]);
    let patches = 0;
    // Every third piece is stored, but its reply is lost.
    office.fault = (method) => (method === "PATCH" && ++patches % 3 === 0 ? "silent_after" : undefined);
    for (let i = 0; i < 6 && (await listTray("p1")).length; i++) await run();
    expect(office.photos.has(photos[0]?.sha256 ?? "")).toBe(true);
    expect(office.bytesIn).toBe(size);
    expect(office.uploads.size).toBe(1);
    expect(await kinds()).toEqual([]);
  });

  it("begin again only when the office has let the upload go, and not if the photo is there", async () => {
    const { photos } = await createReport([PIECE * 3]);
    let patches = 0;
    office.fault = (method) => (method === "PATCH" && ++patches === 3 ? "silent_after" : undefined);
    await run();
    expect(office.photos.has(photos[0]?.sha256 ?? "")).toBe(true);
    office.uploads.clear();
    const taken = office.bytesIn;
    await run();
    expect(await kinds()).toEqual([]);
    expect(office.bytesIn).toBe(taken);
  });

  it("keep trying after a cut at the first byte", async () => {
    await createReport([PIECE * 2]);
    office.fault = (method) => (method === "POST" ? "silent_before" : undefined);
    await run();
    const row = (await listTray("p1"))[0] as PhotoItem;
    expect(row.upload_url).toBeNull();
    office.fault = () => undefined;
    await run();
    expect(await kinds()).toEqual([]);
  });
});

describe("moves", () => {
  const move = (step_id: string, case_id = "c1") => ({
    step_id,
    person: "p1",
    case_id,
    case_code: "C-1",
    action: "supplement",
    label: null,
    based_on: 1,
    payload: { text: "补充说明" },
    at: "2026-11-22T09:30:00+08:00",
    next: [],
    seen: {
      version: 1,
      state: "submitted",
      holder: "甲村综治工作站",
      lead: null,
      category: "H-FIRE-01",
      urgency: 1,
      due_at: null,
    },
    corrects: null,
  });

  it("keep their order within a case and wait for nothing of another", async () => {
    await submitMove(move("s1"), NOW);
    await submitMove(move("s2"), NOW);
    await submitMove(move("s3", "c2"), NOW);
    office.fault = (_method, path) => (path.endsWith("/s1") ? "broken" : undefined);
    await run();
    expect([...office.steps.keys()]).toEqual(["s3"]);
    office.fault = () => undefined;
    await run();
    expect([...office.steps.keys()]).toEqual(["s3", "s1", "s2"]);
  });

  it("go on behind a refused one, which stays", async () => {
    await submitMove(move("s1"), NOW);
    await submitMove(move("s2"), NOW);
    office.refuse = (_method, path) =>
      path.endsWith("/s1") ? { status: 409, code: "case_has_moved" } : undefined;
    await run();
    expect([...office.steps.keys()]).toEqual(["s2"]);
    expect(await kinds()).toEqual(["move refused"]);
  });

  it("keep what the office could not choose between, and the case as it stands now", async () => {
    await submitMove(move("s1"), NOW);
    await submitMove(move("s2", "c2"), NOW);
    const choices = [{ unit: "u1" }, { unit: "u2" }];
    office.refuse = (_method, path) =>
      path.endsWith("/s1")
        ? { status: 422, code: "which_one", more: { choices } }
        : { status: 409, code: "case_has_moved", more: { case: { id: "c2", version: 7 } } };
    await run();
    const rows = await listTray("p1");
    expect(rows.map((row) => row.failure?.choices)).toEqual([choices, []]);
    expect((await readCache("p1", "case/c2"))?.value).toEqual({ id: "c2", version: 7 });
  });

  it("replace the refused one they correct once they have arrived", async () => {
    await submitMove(move("s1"), NOW);
    office.refuse = () => ({ status: 422, code: "invalid" });
    await run();
    await submitMove({ ...move("s2"), corrects: "s1" }, NOW);
    await run();
    expect(await kinds()).toEqual(["move refused", "move refused"]);
    office.refuse = () => undefined;
    await submitMove({ ...move("s3"), corrects: "s2" }, NOW);
    await run();
    expect([...office.steps.keys()]).toEqual(["s3"]);
    expect(await kinds()).toEqual([]);
  });
});

describe("taking back", () => {
  it("makes an unsent report a draft again, photos included", async () => {
    const { id } = await createReport([100]);
    expect(await takeBack(id)).toBe(true);
    expect(await kinds()).toEqual([]);
    expect(await withBooks((db) => db.count("drafts"))).toBe(1);
    expect(await photoCount()).toBe(1);
    await submitDraft(id, NOW);
    await run();
    expect(office.reports.size).toBe(1);
    expect(office.photos.size).toBe(1);
  });
});

describe("single flight", () => {
  it("sends home whoever comes second", async () => {
    await createReport();
    const options = { now: () => NOW, luck: () => 0, eager: true, tell: () => {} };
    const [first, second] = await Promise.all([sendTray(options), sendTray(options)]);
    expect([first, second]).toEqual([true, false]);
    expect(office.log).toHaveLength(1);
  });
});
