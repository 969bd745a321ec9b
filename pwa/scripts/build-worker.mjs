/** Builds the service worker: unminified, with the list of the built files and a name made from them. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const dist = new URL("../dist/", import.meta.url).pathname;

function listFiles(folder) {
  return readdirSync(join(dist, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    return entry.isDirectory() ? listFiles(`${path}/`) : [path];
  });
}

const paths = listFiles("")
  .filter((path) => path !== "sw.js")
  .sort();
const hash = createHash("sha256");
for (const path of paths) hash.update(path).update(readFileSync(join(dist, path)));
const files = paths.map((path) => (path === "index.html" ? "/" : `/${path}`));

await build({
  configFile: false,
  root: new URL("..", import.meta.url).pathname,
  publicDir: false,
  logLevel: "warn",
  define: {
    __FILES__: JSON.stringify(files),
    __NAME__: JSON.stringify(hash.digest("hex").slice(0, 12)),
  },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    minify: false,
    target: ["chrome80", "safari13"],
    lib: { entry: "src/sw/worker.ts", formats: ["iife"], name: "worker", fileName: () => "sw.js" },
  },
});
console.log(`sw.js keeps ${files.length} files`);
