/** Writes dist/licenses.txt: the licences of the packages whose code is in the app. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const lock = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8"));

const shipped = Object.entries(lock.packages).filter(
  ([path, entry]) => path && !entry.dev && !entry.optional,
);
const texts = shipped.map(([path, { version }]) => {
  const folder = new URL(`${path}/`, root);
  const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!name) throw new Error(`${path} has no licence file`);
  return `${path.replace("node_modules/", "")} ${version}\n\n${readFileSync(new URL(name, folder), "utf8").trim()}`;
});
writeFileSync(new URL("dist/licenses.txt", root), `${texts.join("\n\n----\n\n")}\n`);
