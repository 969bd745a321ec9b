/** Puts the page that browses the HTTP contract beside the app; phones never load it, so it is in no precache list. */
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const from = createRequire(import.meta.url)("swagger-ui-dist").getAbsoluteFSPath();
const to = new URL("../dist/api-docs/", import.meta.url).pathname;
mkdirSync(to, { recursive: true });
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"]) {
  copyFileSync(join(from, name), join(to, name));
}
