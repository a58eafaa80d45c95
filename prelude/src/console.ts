// console.*: lines for the person and the transcript. The owner counts and caps them.

import { host } from "./host";
import { inspect } from "./inspect";
import { now, wellFormed } from "./own";

let indent = "";
const counts = new Map<string, number>();
const starts = new Map<string, number>();

function write(level: string, values: unknown[]): void {
  let text = indent;
  for (let i = 0; i < values.length; i++) {
    text += (i > 0 ? " " : "") + inspect(values[i]);
  }
  host.l(level, wellFormed(text));
}

export const console = {
  log: (...values: unknown[]): void => write("log", values),
  info: (...values: unknown[]): void => write("info", values),
  warn: (...values: unknown[]): void => write("warn", values),
  error: (...values: unknown[]): void => write("error", values),
  debug: (...values: unknown[]): void => write("debug", values),
  trace: (...values: unknown[]): void => write("debug", values),
  dir: (value: unknown): void => write("log", [value]),
  table: (value: unknown): void => write("log", [value]),
  assert(condition: unknown, ...values: unknown[]): void {
    if (!condition) {
      write("error", ["Assertion failed:", ...values]);
    }
  },
  group(...values: unknown[]): void {
    write("log", values);
    indent += "  ";
  },
  groupEnd(): void {
    indent = indent.slice(2);
  },
  count(label = "default"): void {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    write("log", [`${label}: ${counts.get(label)}`]);
  },
  time(label = "default"): void {
    starts.set(label, now());
  },
  timeEnd(label = "default"): void {
    write("log", [`${label}: ${now() - (starts.get(label) ?? now())} ms`]);
    starts.delete(label);
  },
};
