// The page is served below /ui/ with a policy that allows nothing inline and no other host: every
// asset is a file of its own with a relative address, and its name holds a hash of its bytes.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
});
