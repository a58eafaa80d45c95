// The prelude: what a program finds when it starts, and how its owner reaches it.
// It runs once; the memory it leaves behind is the image that every program starts from.

import { furnish } from "./globals";
import { host } from "./host";
import { ofError, inspect } from "./inspect";
import { decode, encode, type Use } from "./json";
import { create, kindOf, promiseThen, wellFormed } from "./own";
import { fire } from "./timers";
import { answered, rejected, toolPath, ToolError } from "./tools";

furnish();

const RESULT: Use = { root: "result", strict: false };
const KEPT: Record<string, string> = create(null);
for (const name of ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError",
  "URIError", "InternalError", "AggregateError"]) {
  KEPT[name] = name;
}

interface Said {
  code: string;
  message: string;
  retryable: boolean;
  stack: string;
  data?: unknown;
}

function text(value: unknown): string {
  try {
    return wellFormed(`${value}`);
  } catch {
    return "";
  }
}

function messageOf(error: Error): string {
  const name = text(error.name);
  const message = text(error.message);
  if (error instanceof ToolError || name === "Error" || name === "") {
    return message || "an error without a message";
  }
  return message ? `${name}: ${message}` : name;
}

function describeError(error: Error): Said {
  const tool = error instanceof ToolError;
  const said: Said = {
    code: tool ? text(error.code) : "program",
    message: messageOf(error),
    retryable: tool && error.retryable === true,
    stack: text(error.stack),
  };
  const data = (error as { data?: unknown }).data;
  if (data !== undefined) {
    said.data = data;
  }
  return said;
}

function describe(thrown: unknown): Said {
  if (typeof thrown === "object" && thrown !== null && kindOf(thrown) === "error") {
    return describeError(thrown as Error);
  }
  const said: Said = { code: "program", message: `the program threw ${inspect(thrown)}`,
    retryable: false, stack: "" };
  if (typeof thrown === "object" && thrown !== null) {
    said.data = thrown;
  }
  return said;
}

function dataOf(said: Said): string {
  if (said.data === undefined) {
    return "";
  }
  try {
    return encode(said.data, { root: "data", strict: false });
  } catch {
    return "";
  }
}

function fail(thrown: unknown): void {
  let said: Said;
  let data = "";
  try {
    said = describe(thrown);
    data = dataOf(said);
  } catch {
    said = { code: "program", message: "the program threw something that cannot be described",
      retryable: false, stack: "" };
  }
  host.f(said.code, said.message, said.retryable, said.stack, data);
}

function finish(value: unknown): void {
  let out: string;
  try {
    out = encode(value, RESULT);
  } catch (error) {
    fail(error);
    return;
  }
  host.d(out, value !== undefined);
}

/** A text that was one expression may have given a function: that is the program. */
function follow(value: unknown): void {
  if (typeof value !== "function" || toolPath(value) !== undefined) {
    finish(value);
    return;
  }
  promiseThen((async () => value((globalThis as { input?: unknown }).input))(), finish, fail);
}

export function start(program: () => Promise<unknown>, expression: boolean, input: string,
  big: boolean): void {
  (globalThis as { input?: unknown }).input = decode(input, big);
  promiseThen(program(), expression ? follow : finish, fail);
}

export { answered, rejected, fire, fail };

/** What nobody handled, in one line. */
export function unhandled(reason: unknown): void {
  let why: string;
  try {
    why = typeof reason === "object" && reason !== null && kindOf(reason) === "error" ?
      ofError(reason as Error) : inspect(reason);
  } catch {
    why = "something that cannot be described";
  }
  host.l("error", wellFormed(`a promise was rejected and nobody handled it: ${why}`));
}
