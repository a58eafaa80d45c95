// `tools`: a name for every capability there is. tools.a.b.c(args) is a call of "a.b.c".

import { host } from "./host";
import { decode, encode, type Use } from "./json";
import {
  captureStack, create, defineProperty, freeze, NativePromise, NativeProxy, weakGet, weakSet, wellFormed,
} from "./own";

const ARGUMENT: Use = { root: "the argument", strict: true };
const ADDRESS_MAX = 512;
/* Names that are made once: what a loop calls is not made again in every round. */
const KNOWN_MAX = 1024;

export class ToolError extends Error {
  declare code: string;
  declare data: unknown;
  declare retryable: boolean;
}
Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true,
  configurable: true });

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  site: { stack?: string };
}

const waiting: Record<number, Waiting> = create(null);
const paths = new WeakMap<object, string>();

export function toolPath(value: unknown): string | undefined {
  return weakGet(paths, value) as string | undefined;
}

function toolError(code: string, message: string): ToolError {
  const error = new ToolError(message);
  error.code = code;
  error.retryable = false;
  return error;
}

function check(path: string, args: unknown[]): void {
  if (path === "") {
    throw toolError("invalid", "tools is not a function: name the tool, " +
      "as in tools.source.name({...}); tools.search(text) finds one");
  }
  if (path.length > ADDRESS_MAX) {
    throw toolError("invalid", `the name of the tool is longer than ${ADDRESS_MAX} characters`);
  }
  if (args.length > 2) {
    throw toolError("invalid",
      `tools.${path} takes one argument, an object of named values, but was given ${args.length}`);
  }
}

function start(path: string, args: unknown[]): Promise<unknown> {
  const site: { stack?: string } = {};
  captureStack(site);
  return new NativePromise((resolve, reject) => {
    check(path, args);
    const text = args[0] === undefined ? "{}" : encode(args[0], ARGUMENT);
    const options = args[1] as { preview?: unknown } | undefined;
    const number = host.c(wellFormed(path), text, options?.preview === true);
    waiting[number] = { __proto__: null, resolve, reject, site } as Waiting;
  });
}

let known = 0;

function named(target: Target, key: string): object {
  const old = target.children[key];
  if (old !== undefined) {
    return old;
  }
  const made = make(target.path === "" ? key : `${target.path}.${key}`);
  if (known < KNOWN_MAX) {
    known++;
    target.children[key] = made;
  }
  return made;
}

function child(target: Target, key: string | symbol): unknown {
  if (typeof key === "symbol") {
    return key === Symbol.toPrimitive ? () => `tools.${target.path}` : undefined;
  }
  /* A promise that is given a tool asks it for then; it must look like a plain value. */
  return key === "then" ? undefined : named(target, key);
}

function no(): never {
  throw new TypeError("tools cannot be changed");
}

function unlisted(): never {
  throw new TypeError("tools cannot be listed; use await tools.search(text), " +
    "await tools.sources() or await tools.describe(address)");
}

/* What a proxy stands on; programs never see it. */
type Target = ((...args: unknown[]) => unknown) & {
  path: string;
  children: Record<string, object>;
};

const handler = freeze({
  __proto__: null,
  apply: (target: Target, _self: unknown, args: unknown[]) => start(target.path, args),
  construct: no,
  get: (target: Target, key: string | symbol) => child(target, key),
  has: () => true,
  set: no,
  defineProperty: no,
  deleteProperty: no,
  setPrototypeOf: no,
  preventExtensions: no,
  getPrototypeOf: () => null,
  getOwnPropertyDescriptor: () => undefined,
  ownKeys: unlisted,
}) as ProxyHandler<Target>;

function make(path: string): object {
  const target = (() => {}) as unknown as Target;
  /* Configurable, or a tool that is called path could not have another value. */
  defineProperty(target, "path", { __proto__: null, value: path, configurable: true } as
    PropertyDescriptor);
  defineProperty(target, "children", { __proto__: null, value: create(null), configurable: true } as
    PropertyDescriptor);
  const proxy = new NativeProxy(target, handler);
  weakSet(paths, proxy, path);
  return proxy;
}

function take(call: number): Waiting | undefined {
  const one = waiting[call];
  delete waiting[call];
  return one;
}

/* What stood beside an answer over HTTP is there for who asks, and in nobody's way. */
function beside(value: unknown, meta: string): unknown {
  if (meta !== "" && typeof value === "object" && value !== null) {
    defineProperty(value, "$http", { __proto__: null, value: decode(meta, false) } as
      PropertyDescriptor);
  }
  return value;
}

export function answered(call: number, text: string, big: boolean, meta: string): void {
  take(call)?.resolve(beside(decode(text, big), meta));
}

export function rejected(call: number, text: string, big: boolean): void {
  const one = take(call);
  if (!one) {
    return;
  }
  const said = decode(text, big) as Partial<ToolError> | null;
  const error = toolError(`${said?.code ?? "upstream"}`, `${said?.message ?? "the call failed"}`);
  error.retryable = said?.retryable === true;
  if (said?.data !== undefined) {
    error.data = said.data;
  }
  error.stack = one.site.stack;
  one.reject(error);
}

export const tools = make("");
