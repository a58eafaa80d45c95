// Bundles a prelude, compiles it with the engine that will run it, and writes the bytecode as a
// C array: node build.mjs <entry.ts> <name> <out.c>. Its value is what the entry exports.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CompileFlags, EvalFlags, QuickJS } from "quickjs-wasi";

const [entry, name, out] = process.argv.slice(2);
const result = await build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  format: "iife",
  globalName: "prelude",
  target: "es2023",
  minifySyntax: true,
  legalComments: "none",
  logLevel: "error",
  define: { "process.env": "{}" },
});
const text = `(()=>{${result.outputFiles[0].text};return prelude})()`;
const wasm = readFileSync(fileURLToPath(import.meta.resolve("quickjs-wasi/quickjs.wasm")));
const vm = await QuickJS.create({ wasm });
const bytes = Buffer.from(vm.compile(text, "writ", EvalFlags.TYPE_GLOBAL,
  CompileFlags.STRIP_SOURCE | CompileFlags.STRIP_DEBUG));
let code = `#include "proc/worker/internal.h"\n\nstatic const char ${name}_bytes[] = {`;
for (let i = 0; i < bytes.length; i++) {
  const signed = bytes[i] > 127 ? bytes[i] - 256 : bytes[i];
  code += `${i % 24 === 0 ? "\n" : ""}${signed},`;
}
code += `\n};\n\nconst struct str worker__${name} = { ${name}_bytes, sizeof(${name}_bytes) };\n`;
writeFileSync(out, code);
