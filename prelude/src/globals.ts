// Puts everything in its place on the global object.

import { structuredClone } from "./clone";
import { console } from "./console";
import { host } from "./host";
import { encode } from "./json";
import { refuseMissing } from "./missing";
import { now } from "./own";
import { crypto, random } from "./random";
import { TextDecoder, TextEncoder } from "./text";
import { clearTimeout, setInterval, setTimeout } from "./timers";
import { tools } from "./tools";
import { URL, URLSearchParams } from "./url";

function emit(value: unknown): void {
  host.e(encode(value, { root: "the emitted value", strict: false }));
}

const performance = {
  now: (): number => now() - host.o(),
  get timeOrigin(): number {
    return host.o();
  },
};

const there = {
  console, crypto, emit, setTimeout, setInterval, clearTimeout, clearInterval: clearTimeout,
  performance, structuredClone, TextDecoder, TextEncoder, URL, URLSearchParams,
};

export function furnish(): void {
  for (const [name, value] of Object.entries(there)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true,
      enumerable: false });
  }
  Object.defineProperty(globalThis, "input", { value: null, writable: true, configurable: true,
    enumerable: false });
  /* The one name that nobody may take: what stands behind it is the gate. */
  Object.defineProperty(globalThis, "tools", { value: tools, writable: false, configurable: false,
    enumerable: false });
  /* It would hand the program the functions of a stack, ours among them. */
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: true,
    configurable: false, enumerable: false });
  Math.random = random;
  refuseMissing();
}
