// TextEncoder and TextDecoder, for UTF-8.

import { charCode, NativeUint8Array } from "./own";

function put(bytes: number[], code: number): void {
  if (code < 0x80) {
    bytes.push(code);
  } else if (code < 0x800) {
    bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
  } else if (code < 0x10000) {
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  } else {
    bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63),
      0x80 | (code & 63));
  }
}

/** The code point at a place; half of a surrogate pair is U+FFFD. */
function pointAt(text: string, at: number): number {
  const first = charCode(text, at);
  if (first < 0xd800 || first > 0xdfff) {
    return first;
  }
  const second = first < 0xdc00 && at + 1 < text.length ? charCode(text, at + 1) : 0;
  return second >= 0xdc00 && second <= 0xdfff ?
    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) : 0xfffd;
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(input: unknown = ""): Uint8Array {
    const text = `${input}`;
    const bytes: number[] = [];
    for (let i = 0; i < text.length; i++) {
      const code = pointAt(text, i);
      put(bytes, code);
      i += code > 0xffff ? 1 : 0;
    }
    return new NativeUint8Array(bytes);
  }

  encodeInto(input: unknown, into: Uint8Array): { read: number; written: number } {
    const text = `${input}`;
    let read = 0;
    let written = 0;
    while (read < text.length) {
      const code = pointAt(text, read);
      const bytes: number[] = [];
      put(bytes, code);
      if (written + bytes.length > into.length) {
        break;
      }
      into.set(bytes, written);
      written += bytes.length;
      read += code > 0xffff ? 2 : 1;
    }
    return { read, written };
  }
}

/* First byte of a sequence -> how many follow, and the least and greatest second byte. */
function shape(byte: number): [number, number, number] | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) {
    return [1, 0x80, 0xbf];
  }
  if (byte >= 0xe0 && byte <= 0xef) {
    return [2, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf];
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return [3, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf];
  }
  return undefined;
}

const LABELS = ["utf-8", "utf8", "unicode-1-1-utf-8"];

export class TextDecoder {
  readonly encoding = "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest: number[] = [];
  #started = false;

  constructor(label: unknown = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.includes(`${label}`.trim().toLowerCase())) {
      throw new RangeError(`TextDecoder knows only utf-8 here, not ${label}`);
    }
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  #bad(): string {
    if (this.fatal) {
      this.#rest = [];
      this.#started = false;
      throw new TypeError("the bytes are not UTF-8");
    }
    return "\ufffd";
  }

  /** One sequence that starts at a place: its text and length; length 0: more bytes are needed. */
  #sequence(bytes: Uint8Array, at: number): [string, number] {
    const of = shape(bytes[at]);
    if (!of) {
      return [this.#bad(), 1];
    }
    let code = bytes[at] & (0x3f >> of[0]);
    for (let i = 1; i <= of[0]; i++) {
      if (at + i >= bytes.length) {
        return ["", 0];
      }
      const byte = bytes[at + i];
      if (byte < (i === 1 ? of[1] : 0x80) || byte > (i === 1 ? of[2] : 0xbf)) {
        return [this.#bad(), i];
      }
      code = (code << 6) | (byte & 63);
    }
    return [String.fromCodePoint(code), of[0] + 1];
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    const given = input === undefined ? new NativeUint8Array(0) :
      ArrayBuffer.isView(input) ?
        new NativeUint8Array(input.buffer, input.byteOffset, input.byteLength) :
        new NativeUint8Array(input);
    const bytes = this.#rest.length ? new NativeUint8Array([...this.#rest, ...given]) : given;
    this.#rest = [];
    let text = "";
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] < 0x80) {
        text += String.fromCharCode(bytes[at++]);
        continue;
      }
      const [part, length] = this.#sequence(bytes, at);
      if (length === 0) {
        if (options.stream) {
          this.#rest = [...bytes.subarray(at)];
        } else {
          text += this.#bad();
        }
        break;
      }
      text += part;
      at += length;
    }
    if (!this.#started && !this.ignoreBOM && text.startsWith("\ufeff")) {
      text = text.slice(1);
    }
    this.#started = Boolean(options.stream) && (this.#started || text.length > 0);
    return text;
  }
}
