// Values for people: what console.* writes, and what an error says was thrown.

import {
  getPrototypeOf, isArray, keys, kindOf, mapEach, NativeSet, regexpText, setEach, stringify,
  dateTime, dateIso, isFiniteNumber, join, slice, isView,
} from "./own";
import { toolPath } from "./tools";

const ITEMS_MAX = 100;
const DEPTH_MAX = 5;
const TEXT_MAX = 8000;

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${slice(text, 0, TEXT_MAX)}... (${text.length} characters)` :
    text;
}

function list(open: string, parts: string[], all: number, close: string): string {
  if (all > parts.length) {
    parts[parts.length] = `... ${all - parts.length} more`;
  }
  return parts.length === 0 ? `${open}${close}` : `${open} ${join(parts, ", ")} ${close}`;
}

function ofList(items: ArrayLike<unknown>, depth: number, above: Set<unknown>): string {
  const parts: string[] = [];
  for (let i = 0; i < items.length && i < ITEMS_MAX; i++) {
    parts[i] = inspect(items[i], depth, above);
  }
  return list("[", parts, items.length, "]");
}

function ofPlain(value: Record<string, unknown>, depth: number, above: Set<unknown>): string {
  const names = keys(value);
  const parts: string[] = [];
  for (let i = 0; i < names.length && i < ITEMS_MAX; i++) {
    const name = /^[A-Za-z_$][\w$]*$/.test(names[i]) ? names[i] : stringify(names[i]);
    parts[i] = `${name}: ${inspect(value[names[i]], depth, above)}`;
  }
  const of = getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const name = of?.constructor?.name;
  return list(name && name !== "Object" ? `${name} {` : "{", parts, names.length, "}");
}

export function ofError(error: Error): string {
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  return `${error.name}: ${error.message}${stack ? `\n${stack}` : ""}`;
}

function ofMap(map: object, depth: number, above: Set<unknown>): string {
  const parts: string[] = [];
  let all = 0;
  mapEach(map, (item, key) => {
    if (all++ < ITEMS_MAX) {
      parts[parts.length] = `${inspect(key, depth, above)} => ${inspect(item, depth, above)}`;
    }
  });
  return list(`Map(${all}) {`, parts, all, "}");
}

function ofSet(set: object, depth: number, above: Set<unknown>): string {
  const parts: string[] = [];
  let all = 0;
  setEach(set, item => {
    if (all++ < ITEMS_MAX) {
      parts[parts.length] = inspect(item, depth, above);
    }
  });
  return list(`Set(${all}) {`, parts, all, "}");
}

function ofObject(value: object, depth: number, above: Set<unknown>): string {
  switch (kindOf(value)) {
    case "date":
      return isFiniteNumber(dateTime(value as Date)) ? dateIso(value as Date) : "Invalid Date";
    case "map":
      return ofMap(value, depth, above);
    case "set":
      return ofSet(value, depth, above);
    case "regexp":
      return regexpText(value as RegExp);
    case "error":
      return ofError(value as Error);
    case "promise":
      return "Promise (await it to see its value)";
    case "bytes":
      return isView(value) && !(value instanceof DataView) ?
        ofList(value as unknown as ArrayLike<unknown>, depth, above) :
        `${(value as ArrayBuffer).byteLength} bytes`;
    default:
      return isArray(value) ? ofList(value, depth, above) :
        ofPlain(value as Record<string, unknown>, depth, above);
  }
}

export function inspect(value: unknown, depth = DEPTH_MAX, above = new NativeSet<unknown>()):
  string {
  switch (typeof value) {
    case "string":
      return depth === DEPTH_MAX ? cut(value) : cut(stringify(value));
    case "bigint":
      return `${value}n`;
    case "function": {
      const tool = toolPath(value);
      return tool !== undefined ? `tools.${tool}` : `[function ${value.name || "anonymous"}]`;
    }
    case "object":
      break;
    default:
      return String(value);
  }
  if (value === null) {
    return "null";
  }
  if (above.has(value)) {
    return "[cycle]";
  }
  if (depth === 0) {
    return isArray(value) ? "[...]" : "{...}";
  }
  above.add(value);
  const text = isArray(value) ? ofList(value, depth - 1, above) :
    ofObject(value, depth - 1, above);
  above.delete(value);
  return text;
}
