/** How the app is built: two scripts, one style sheet, hashed names, old phones included. */
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    // Cheap Android phones keep the WebView they were sold with; iOS 13 is the oldest iPhone still met.
    target: ["chrome80", "safari13"],
    cssTarget: ["chrome80", "safari13"],
    // Two pieces: the second, for work on a case, is read right after the first screen and stays in memory,
    // because a piece fetched only when needed could be gone after an update under an open form.
    modulePreload: false,
    assetsInlineLimit: 0,
  },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
});
