// structuredClone, for what a program can hold here.

import { dateTime, isArray, kindOf, mapEach, ownKeys, setEach } from "./own";
import { toolPath } from "./tools";

function uncloneable(what: string): never {
  throw new DOMException(`${what} cannot be cloned`, "DataCloneError");
}

function bytes(value: ArrayBuffer | ArrayBufferView, done: Map<object, unknown>): unknown {
  if (!ArrayBuffer.isView(value)) {
    return value.slice(0);
  }
  const buffer = copy(value.buffer, done) as ArrayBuffer;
  const Kind = value.constructor as new (b: ArrayBuffer, at: number, n?: number) => unknown;
  return value instanceof DataView ? new DataView(buffer, value.byteOffset, value.byteLength) :
    new Kind(buffer, value.byteOffset, (value as Uint8Array).length);
}

function fresh(value: object, done: Map<object, unknown>): unknown {
  switch (kindOf(value)) {
    case "date":
      return new Date(dateTime(value as Date));
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "regexp":
      return new RegExp((value as RegExp).source, (value as RegExp).flags);
    case "bytes":
      return bytes(value as ArrayBuffer, done);
    case "number":
    case "string":
    case "boolean":
    case "bigint":
      return Object((value as { valueOf(): unknown }).valueOf());
    case "promise":
    case "weak":
      return uncloneable(`a ${(value as object).constructor?.name ?? "value"}`);
    case "error": {
      const { name, message } = value as Error;
      const error = new Error(message);
      Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
      return error;
    }
    default:
      return isArray(value) ? new Array(value.length) : {};
  }
}

function fill(from: object, to: object, done: Map<object, unknown>): void {
  switch (kindOf(from)) {
    case "map":
      mapEach(from, (item, key) => (to as Map<unknown, unknown>).set(copy(key, done),
        copy(item, done)));
      return;
    case "set":
      setEach(from, item => (to as Set<unknown>).add(copy(item, done)));
      return;
    case "plain":
    case "error":
      break;
    default:
      return;
  }
  for (const key of ownKeys(from)) {
    const of = Object.getOwnPropertyDescriptor(from, key);
    if (typeof key === "string" && of?.enumerable) {
      Object.defineProperty(to, key, { value: copy((from as Record<string, unknown>)[key], done),
        enumerable: true, configurable: true, writable: true });
    }
  }
}

function copy(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value === "symbol") {
    return uncloneable("a symbol");
  }
  if (typeof value === "function") {
    const tool = toolPath(value);
    return uncloneable(tool === undefined ? "a function" : `tools.${tool}`);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const before = done.get(value);
  if (before !== undefined) {
    return before;
  }
  const to = fresh(value, done) as object;
  done.set(value, to);
  fill(value, to, done);
  return to;
}

export function structuredClone(value: unknown): unknown {
  return copy(value, new Map());
}
