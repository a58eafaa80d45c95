// Values to JSON and back, so that nothing is lost without a word: integers beyond 2^53 are
// BigInt inside and digits outside; what JSON has no word for becomes readable, or is an error
// that names where it stands.

import {
  create, dateIso, dateTime, defineProperty, getPrototypeOf, indexOf, isArray, isFiniteNumber,
  keys, kindOf, mapDelete, mapEach, mapGet, mapHas, mapSet, NativeMap, NativeUint8Array, parse,
  rawJSON, regexpText, replace, setEach, stringify, testOf,
} from "./own";
import { toolPath } from "./tools";

const objectPrototype = Object.prototype;
const DEPTH_MAX = 200;
const DEPTH_QUICK = 64;

/** A JSON text that C found to hold integers beyond 2^53. */
function revive(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined ||
    (value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER)) {
    return value;
  }
  return testOf(/^-?\d+$/, context.source) ? BigInt(context.source) : value;
}

export function decode(text: string, big: boolean): unknown {
  if (text === "") {
    return null;
  }
  return big ? parse(text, revive as (key: string, value: unknown) => unknown) : parse(text);
}

/** True if JSON.stringify alone says all there is to say about the value. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return isFiniteNumber(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) {
    return true;
  }
  if (depth === 0) {
    return false;
  }
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isPlain(value[i], depth - 1)) {
        return false;
      }
    }
    return true;
  }
  const prototype = getPrototypeOf(value);
  if ((prototype !== objectPrototype && prototype !== null) || "toJSON" in value) {
    return false;
  }
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    if (!isPlain((value as Record<string, unknown>)[names[i]], depth - 1)) {
      return false;
    }
  }
  return true;
}

export interface Use {
  /** How a path starts: "result", "the argument". */
  root: string;
  /** A number that JSON does not have is an error instead of a word. */
  strict: boolean;
}

/** A place that is named must be found again by a person: its two ends are enough. */
function short(path: string): string {
  return path.length <= 160 ? path : replace(path, /^([^]{80})[^]*([^]{60})$/, "$1...$2");
}

function refuse(path: string, why: string): never {
  throw new TypeError(`${short(path)} ${why}`);
}

function step(path: string, key: string): string {
  return testOf(/^[A-Za-z_$][\w$]*$/, key) ? `${path}.${key}` : `${path}[${stringify(key)}]`;
}

class Copy {
  private readonly above = new NativeMap<object, string>();
  constructor(private readonly use: Use) {}

  of(value: unknown, path: string, depth: number): unknown {
    switch (typeof value) {
      case "bigint":
        return rawJSON(`${value}`);
      case "number":
        return isFiniteNumber(value) ? value : this.oddNumber(value, path);
      case "function":
        return this.ofFunction(value, path);
      case "symbol":
        return refuse(path, `is a symbol (${String(value)}); JSON has no word for it`);
      case "object":
        return value === null ? null : this.ofObject(value, path, depth);
      default:
        return value;
    }
  }

  private oddNumber(value: number, path: string): string {
    return this.use.strict ? refuse(path, `is ${value}; JSON has no such number`) : `${value}`;
  }

  private ofFunction(value: unknown, path: string): never {
    const tool = toolPath(value);
    if (tool !== undefined) {
      return refuse(path, `is tools.${tool} itself; call it: await tools.${tool}({...})`);
    }
    return refuse(path, "is a function; return what it gives instead");
  }

  private ofObject(value: object, path: string, depth: number): unknown {
    if (mapHas(this.above, value)) {
      return refuse(path, `is a cycle: it is the same object as ${short(mapGet(this.above, value) as string)}`);
    }
    if (depth === 0) {
      return refuse(path, `is nested deeper than ${DEPTH_MAX} levels`);
    }
    mapSet(this.above, value, path);
    const copy = isArray(value) ? this.ofList(value, path, depth) : this.ofKind(value, path, depth);
    mapDelete(this.above, value);
    return copy;
  }

  private ofList(list: ArrayLike<unknown>, path: string, depth: number): unknown[] {
    const copy: unknown[] = [];
    for (let i = 0; i < list.length; i++) {
      put(copy, `${i}`, this.of(list[i], `${path}[${i}]`, depth - 1) ?? null);
    }
    return copy;
  }

  private ofKind(value: object, path: string, depth: number): unknown {
    switch (kindOf(value)) {
      case "date":
        return isFiniteNumber(dateTime(value as Date)) ? dateIso(value as Date) :
          this.oddNumber(NaN, `${path} (an invalid Date)`);
      case "map":
        return this.ofMap(value, path, depth);
      case "set": {
        const list: unknown[] = [];
        setEach(value, item => put(list, `${list.length}`, item));
        return this.ofList(list, path, depth);
      }
      case "regexp":
        return regexpText(value as RegExp);
      case "error":
        return this.ofError(value as Error, path, depth);
      case "promise":
        return refuse(path, "is a promise that nobody awaited; await it, or Promise.all for many");
      case "weak":
        return refuse(path, "is a weak collection; what it holds cannot be listed");
      case "bytes":
        return this.ofList(bytesOf(value) as ArrayLike<unknown>, path, depth);
      case "number":
      case "string":
      case "boolean":
      case "bigint":
        return this.of((value as { valueOf(): unknown }).valueOf(), path, depth - 1);
      case "plain":
        return this.ofPlain(value as Record<string, unknown>, path, depth);
    }
  }

  private ofMap(map: object, path: string, depth: number): unknown {
    let named = true;
    const pairs: [unknown, unknown][] = [];
    mapEach(map, (item, key) => {
      named = named && typeof key === "string";
      put(pairs, `${pairs.length}`, [key, item]);
    });
    if (!named) {
      return this.ofList(pairs, path, depth);
    }
    const copy = create(null) as Record<string, unknown>;
    for (let i = 0; i < pairs.length; i++) {
      const key = pairs[i][0] as string;
      put(copy, key, this.of(pairs[i][1], step(path, key), depth - 1) ?? null);
    }
    return copy;
  }

  private ofError(error: Error, path: string, depth: number): unknown {
    const copy = this.ofPlain(error as unknown as Record<string, unknown>, path, depth);
    put(copy as object, "name", `${error.name}`);
    put(copy as object, "message", `${error.message}`);
    return copy;
  }

  private ofPlain(value: Record<string, unknown>, path: string, depth: number): unknown {
    if (typeof value.toJSON === "function") {
      return this.of((value as { toJSON(): unknown }).toJSON(), path, depth - 1);
    }
    const copy = create(null) as Record<string, unknown>;
    const names = keys(value);
    for (let i = 0; i < names.length; i++) {
      const part = this.of(value[names[i]], step(path, names[i]), depth - 1);
      if (part !== undefined) {
        put(copy, names[i], part);
      }
    }
    return copy;
  }
}

function put(to: object, key: string, value: unknown): void {
  defineProperty(to, key, { __proto__: null, value, enumerable: true, configurable: true,
    writable: true } as PropertyDescriptor);
}

export function bytesOf(value: object): unknown {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? value :
    value instanceof DataView ?
      new NativeUint8Array(value.buffer, value.byteOffset, value.byteLength) :
      new NativeUint8Array(value as ArrayBuffer);
}

/** The value as JSON text. An undefined value is null. Throws what names the place. */
export function encode(value: unknown, use: Use): string {
  if (value === undefined) {
    return "null";
  }
  const text = stringify(isPlain(value, DEPTH_QUICK) ? value :
    new Copy(use).of(value, use.root, DEPTH_MAX)) ?? "null";
  if (indexOf(text, "\\ud") < 0) {
    return text;
  }
  /* Halves of surrogate pairs, which are no text, come out of stringify as escapes. */
  return replace(text, /\\\\|\\ud[89a-f][0-9a-f]{2}/g, m => m === "\\\\" ? m : "\\ufffd");
}
