/**
 * A small stand-in for the office, speaking the contract over `fetch`: what it stored is counted, and
 * it can be told to stay silent before or after it stored, or to answer something else.
 */
import { digest } from "../src/draft/digest";

type Fault = "silent_before" | "silent_after" | "portal" | "broken";

interface Refusal {
  status: number;
  code: string;
  more?: object;
}

interface Upload {
  report: string;
  sha256: string;
  size: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export class Office {
  person = { id: "p1", account: "worker1", name: "甲" };
  csrf = "token-1";
  signedIn = true;
  reports = new Map<string, string>();
  steps = new Map<string, string>();
  photos = new Map<string, Uint8Array>();
  uploads = new Map<string, Upload>();
  /** Every request that reached the office, as "METHOD path". */
  log: string[] = [];
  bytesIn = 0;
  /** Asked before each request; a fault to play, or nothing. */
  fault: (method: string, path: string, nth: number) => Fault | undefined = () => undefined;
  refuse: (method: string, path: string, body: unknown) => Refusal | undefined = () => undefined;

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace("/api/v1", "");
    const method = init.method ?? "GET";
    const fault = this.fault(method, path, this.log.length);
    if (fault === "silent_before") throw new TypeError("no network");
    this.log.push(`${method} ${path}`);
    if (fault === "portal")
      return new Response("<h1>Wi-Fi</h1>", { headers: { "content-type": "text/html" } });
    if (fault === "broken") return this.problem(503, "unavailable");
    const answer = await this.answer(method, path, init);
    if (fault === "silent_after") throw new TypeError("connection reset");
    return answer;
  };

  private async answer(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!this.signedIn) return this.problem(401, "not_signed_in");
    if (path === "/me")
      return this.json(200, {
        person: this.person,
        grants: [],
        units: [],
        grids: [],
        csrf_token: this.csrf,
      });
    if (method !== "GET" && method !== "HEAD" && headers.get("x-csrf-token") !== this.csrf)
      return this.problem(403, "csrf_failed");
    const body = typeof init.body === "string" ? JSON.parse(init.body) : init.body;
    const refusal = this.refuse(method, path, body);
    if (refusal) return this.problem(refusal.status, refusal.code, refusal.more);
    const photo = /^\/reports\/([^/]+)\/photos\/(.+)$/.exec(path);
    if (photo) return this.takePhoto(photo[1] ?? "", photo[2] ?? "", new Uint8Array(body));
    const report = /^\/reports\/([^/]+)$/.exec(path);
    if (report) return this.takeReport(report[1] ?? "", init.body as string);
    const step = /^\/cases\/([^/]+)\/steps\/([^/]+)$/.exec(path);
    if (step) {
      this.steps.set(step[2] ?? "", init.body as string);
      return this.json(201, { step: { id: step[2] }, case: { id: step[1], code: "C-1" } });
    }
    if (path.startsWith("/uploads")) return this.resumable(method, path, headers, init.body);
    const one = /^\/cases\/([^/]+)$/.exec(path);
    if (one) return this.json(200, this.caseOf(one[1] ?? ""));
    return this.problem(404, "not_found");
  }

  private caseOf(id: string) {
    const listed: string[] = JSON.parse(this.reports.get(id) ?? '{"photos":[]}').photos;
    const photos = listed.map((sha256) => ({
      sha256,
      kind: "before",
      step: id,
      missing: !this.photos.has(sha256),
    }));
    return { id, code: `410000-20261122-${id.slice(0, 4)}-0`, photos };
  }

  private takeReport(id: string, text: string): Response {
    const known = this.reports.get(id);
    if (known !== undefined && known !== text) return this.problem(409, "already_different");
    this.reports.set(id, text);
    return this.json(known === undefined ? 201 : 200, { report_id: id, case: this.caseOf(id), secret: "s" });
  }

  private async takePhoto(report: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
    if (!this.reports.has(report)) return this.problem(409, "parent_missing");
    this.bytesIn += bytes.byteLength;
    if ((await digest(bytes.buffer)) !== sha256) return this.problem(422, "photo_refused");
    this.photos.set(sha256, bytes);
    return this.json(201, {});
  }

  private async resumable(method: string, path: string, headers: Headers, body: unknown): Promise<Response> {
    if (method === "POST") {
      const metadata = Object.fromEntries(
        (headers.get("upload-metadata") ?? "")
          .split(",")
          .map((pair) => pair.split(" "))
          .map(([key, value]) => [key, atob(value ?? "")]),
      );
      if (!this.reports.has(metadata.report_id)) return this.problem(409, "parent_missing");
      const id = `u${this.uploads.size + 1}`;
      const size = Number(headers.get("upload-length"));
      this.uploads.set(id, {
        report: metadata.report_id,
        sha256: metadata.sha256,
        size,
        bytes: new Uint8Array(),
      });
      return new Response(null, {
        status: 201,
        headers: { location: `http://localhost/api/v1/uploads/${id}` },
      });
    }
    const upload = this.uploads.get(path.split("/").at(-1) ?? "");
    if (!upload) return this.problem(404, "not_found");
    if (method === "PATCH") {
      if (Number(headers.get("upload-offset")) !== upload.bytes.length)
        return this.problem(409, "upload_conflict");
      const piece = body as Uint8Array;
      this.bytesIn += piece.byteLength;
      upload.bytes = new Uint8Array([...upload.bytes, ...piece]);
      if (upload.bytes.length === upload.size) {
        if ((await digest(upload.bytes.buffer)) !== upload.sha256) return this.problem(422, "photo_refused");
        this.photos.set(upload.sha256, upload.bytes);
      }
    }
    return new Response(null, {
      status: method === "HEAD" ? 200 : 204,
      headers: { "upload-offset": String(upload.bytes.length), "upload-length": String(upload.size) },
    });
  }

  private json(status: number, body: unknown): Response {
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  }

  private problem(status: number, code: string, more: object = {}): Response {
    const body = {
      ...more,
      status,
      code,
      title: `办公室说：${code}`,
      title_en: `the office says: ${code}`,
      errors: {},
    };
    const headers = { "content-type": "application/problem+json" };
    return new Response(JSON.stringify(body), { status, headers });
  }
}
