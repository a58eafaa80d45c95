// The built-ins as they were before the program ran. The program may change any prototype; what
// happens between it and the machine's owner must not depend on that.

type Method = (self: unknown, ...args: never[]) => unknown;

const { apply } = Reflect;
const bind = Function.prototype.bind;
const call = Function.prototype.call;

/** A method as a function of its object, deaf to later changes of prototypes. */
export function method<T extends Method>(of: unknown): T {
  return apply(bind, call, [of]) as T;
}

export const { stringify, parse, rawJSON } = JSON as typeof JSON & {
  rawJSON(text: string): unknown;
};
export const { isArray } = Array;
export const { keys, defineProperty, create, freeze } = Object;
export const { getPrototypeOf, ownKeys } = Reflect;
export const { isFinite: isFiniteNumber, isInteger } = Number;
export const { isView } = ArrayBuffer;
export const NativePromise = Promise;
export const NativeProxy = Proxy;
export const NativeMap = Map;
export const NativeSet = Set;
export const NativeUint8Array = Uint8Array;
export const captureStack = (Error as unknown as { captureStackTrace(to: object): void })
  .captureStackTrace;
export const now = Date.now;

export const promiseThen =
  method<(p: Promise<unknown>, ok: (v: unknown) => void, no: (e: unknown) => void) => unknown>(
    Promise.prototype.then);
export const dateIso = method<(d: Date) => string>(Date.prototype.toISOString);
export const dateTime = method<(d: Date) => number>(Date.prototype.getTime);
export const regexpText = method<(r: RegExp) => string>(RegExp.prototype.toString);
export const mapGet = method<(m: object, k: unknown) => unknown>(Map.prototype.get);
export const mapSet = method<(m: object, k: unknown, v: unknown) => unknown>(Map.prototype.set);
export const mapHas = method<(m: object, k: unknown) => boolean>(Map.prototype.has);
export const mapDelete = method<(m: object, k: unknown) => boolean>(Map.prototype.delete);
export const mapEach =
  method<(m: object, f: (v: unknown, k: unknown) => void) => void>(Map.prototype.forEach);
export const setEach = method<(s: object, f: (v: unknown) => void) => void>(Set.prototype.forEach);
export const weakGet = method<(m: object, k: unknown) => unknown>(WeakMap.prototype.get);
export const weakSet =
  method<(m: object, k: unknown, v: unknown) => unknown>(WeakMap.prototype.set);
export const join = method<(a: unknown[], by: string) => string>(Array.prototype.join);
export const slice = method<(s: string, from: number, to?: number) => string>(
  String.prototype.slice);
export const indexOf = method<(s: string, part: string, from?: number) => number>(
  String.prototype.indexOf);
export const replace = method<
  (s: string, what: RegExp, by: string | ((m: string) => string)) => string>(
  String.prototype.replace);
export const wellFormed = method<(s: string) => string>(
  (String.prototype as unknown as { toWellFormed: Method }).toWellFormed);
export const charCode = method<(s: string, at: number) => number>(String.prototype.charCodeAt);
export const testOf = method<(r: RegExp, s: string) => boolean>(RegExp.prototype.test);

const tagOf = method<(v: unknown) => string>(Object.prototype.toString);

/** Which built-in made it, by trying what only that built-in can do. */
export type Kind = "date" | "map" | "set" | "regexp" | "error" | "promise" | "weak" | "bytes" |
  "number" | "string" | "boolean" | "bigint" | "plain";

const mapSize = method<(m: object) => number>(
  (Object.getOwnPropertyDescriptor(Map.prototype, "size") as PropertyDescriptor).get);
const setSize = method<(s: object) => number>(
  (Object.getOwnPropertyDescriptor(Set.prototype, "size") as PropertyDescriptor).get);
const numberValue = method<(n: object) => number>(Number.prototype.valueOf);
const stringValue = method<(s: object) => string>(String.prototype.valueOf);
const booleanValue = method<(b: object) => boolean>(Boolean.prototype.valueOf);
const bigintValue = method<(b: object) => bigint>(BigInt.prototype.valueOf);
const isError = (Error as unknown as { isError?(v: unknown): boolean }).isError
  ?? ((v: unknown) => v instanceof Error);
const weakHas = method<(m: object, k: object) => boolean>(WeakMap.prototype.has);
const weakSetHas = method<(m: object, k: object) => boolean>(WeakSet.prototype.has);
const bufferSize = method<(b: object) => number>(
  (Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength") as PropertyDescriptor).get);

function can(act: (value: object) => unknown, value: object): boolean {
  try {
    act(value);
    return true;
  } catch {
    return false;
  }
}

const probes: [Kind, (v: object) => unknown][] = [
  ["date", dateTime as (v: object) => unknown],
  ["map", mapSize],
  ["set", setSize],
  ["regexp", v => { if (tagOf(v) !== "[object RegExp]") throw v; }],
  ["promise", v => { if (!(v instanceof NativePromise)) throw v; }],
  ["weak", v => weakHas(v as never, {} as never)],
  ["weak", v => weakSetHas(v as never, {} as never)],
  ["bytes", bufferSize],
  ["number", numberValue],
  ["string", stringValue],
  ["boolean", booleanValue],
  ["bigint", bigintValue],
];

export function kindOf(value: object): Kind {
  if (isError(value)) {
    return "error";
  }
  if (isView(value)) {
    return "bytes";
  }
  for (let i = 0; i < probes.length; i++) {
    if (can(probes[i][1], value)) {
      return probes[i][0];
    }
  }
  return "plain";
}
