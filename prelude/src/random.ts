// Chance that can be repeated: everything follows from the seed of the program.

import { host } from "./host";
import { isView, NativeUint8Array } from "./own";

let state: Int32Array | undefined;

/** sfc32 (Chris Doty-Humphrey), seeded with 96 bits and a counter. */
function next(): number {
  if (!state) {
    state = new Int32Array(host.r(16));
    state[3] = 1;
    for (let i = 0; i < 12; i++) {
      next();
    }
  }
  const s = state;
  const t = (s[0] + s[1] + s[3]) | 0;
  s[3] = (s[3] + 1) | 0;
  s[0] = s[1] ^ (s[1] >>> 9);
  s[1] = (s[2] + (s[2] << 3)) | 0;
  s[2] = (((s[2] << 21) | (s[2] >>> 11)) + t) | 0;
  return t >>> 0;
}

export function random(): number {
  return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

const BYTES_MAX = 65536;

function fill(view: ArrayBufferView): ArrayBufferView {
  if (!isView(view) || view instanceof Float32Array || view instanceof Float64Array ||
    view instanceof DataView) {
    throw new DOMException("getRandomValues needs an array of integers", "TypeMismatchError");
  }
  if (view.byteLength > BYTES_MAX) {
    throw new DOMException(`getRandomValues gives at most ${BYTES_MAX} bytes`,
      "QuotaExceededError");
  }
  const bytes = new NativeUint8Array(host.r(view.byteLength));
  new NativeUint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  return view;
}

function uuid(): string {
  const bytes = new NativeUint8Array(host.r(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  let text = "";
  for (let i = 0; i < 16; i++) {
    text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") +
      (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
  }
  return text;
}

export const crypto = { getRandomValues: fill, randomUUID: uuid };
