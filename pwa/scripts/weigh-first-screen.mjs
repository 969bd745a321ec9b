/** Fails when the script and style that the first screen needs weigh more than 100 KB compressed. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST = 100 * 1024;
const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
if (files.length < 2) throw new Error("index.html names no script or no style sheet");

let sum = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  sum += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${file}`);
}
console.log(`${(sum / 1024).toFixed(1).padStart(7)} KB  first screen, of ${MOST / 1024} KB allowed`);
if (sum > MOST) process.exit(1);
