// Bundles a prelude and writes it as a C array: node build.mjs <entry.ts> <name> <out.c>.
// The text is one expression whose value is what the entry exports.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";

const [entry, name, out] = process.argv.slice(2);
const result = await build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  format: "iife",
  globalName: "prelude",
  target: "es2023",
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: name !== "prelude", /* Its class names are seen by programs. */
  legalComments: "none",
  logLevel: "error",
  define: { "process.env": "{}" },
});
const text = `(()=>{${result.outputFiles[0].text};return prelude})()`;
const bytes = Buffer.from(text, "utf8");
let code = `#include "proc/worker/internal.h"\n\nstatic const char ${name}_text[] = {`;
for (let i = 0; i < bytes.length; i++) {
  const signed = bytes[i] > 127 ? bytes[i] - 256 : bytes[i];
  code += `${i % 24 === 0 ? "\n" : ""}${signed},`;
}
code += `\n0 };\n\nconst struct str worker__${name} = { ${name}_text, sizeof(${name}_text) - 1 };\n`;
writeFileSync(out, code);
