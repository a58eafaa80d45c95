// URL and URLSearchParams: the part of the WHATWG URL Standard that programs use. Host names are
// ASCII (a name in another script is refused with what to do); everything else is as specified.

const PORTS: Record<string, string> = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443",
  "ftp:": "21", "file:": "" };

/* Percent-encode sets of the standard, as characters beyond C0 controls and non-ASCII. */
const IN_FRAGMENT = " \"<>`";
const IN_QUERY = " \"#<>";
const IN_PATH = " \"#<>?`{}^";
const IN_USERINFO = " \"#<>?`{}/:;=@[\\]^|";

function percent(text: string, set: string): string {
  let out = "";
  for (const c of text.toWellFormed()) {
    out += c <= "\x1f" || c > "~" || set.includes(c) ? percentOf(c) : c;
  }
  return out;
}

function percentOf(c: string): string {
  return c > "\x7f" ? encodeURIComponent(c) :
    `%${c.charCodeAt(0) < 16 ? "0" : ""}${c.charCodeAt(0).toString(16).toUpperCase()}`;
}

declare global {
  interface String {
    toWellFormed(): string;
  }
}

interface Parts {
  protocol: string;
  username: string;
  password: string;
  host: string | null;
  port: string;
  path: string[];
  opaque: string | null; /* the path of mailto: and the like */
  query: string | null;
  fragment: string | null;
}

function invalid(text: string, why?: string): never {
  const error = new TypeError(`Invalid URL: ${text}${why ? ` (${why})` : ""}`);
  (error as Error & { code: string }).code = "ERR_INVALID_URL";
  throw error;
}

function ipv4Part(text: string): number {
  const hex = /^0[xX]([0-9a-fA-F]*)$/.exec(text);
  if (hex) {
    return hex[1] === "" ? 0 : parseInt(hex[1], 16);
  }
  return /^0[0-7]+$/.test(text) ? parseInt(text, 8) : /^\d+$/.test(text) ? parseInt(text, 10) : NaN;
}

/** A host that ends in a number is an IPv4 address, in any of its spellings. */
function ipv4(host: string, all: string): string {
  const parts = host.split(".");
  if (parts.length > 1 && parts[parts.length - 1] === "") {
    parts.pop();
  }
  const last = parts[parts.length - 1];
  if (!/^(\d+|0[xX][0-9a-fA-F]*)$/.test(last)) {
    return host;
  }
  const numbers = parts.map(ipv4Part);
  const tail = numbers.pop() as number;
  if (numbers.length > 3 || numbers.some(n => !(n <= 255)) ||
    !(tail < 256 ** (4 - numbers.length))) {
    return invalid(all, "the IPv4 address");
  }
  const address = numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), tail);
  return [24, 16, 8, 0].map(by => Math.floor(address / 2 ** by) % 256).join(".");
}

function ipv6Words(text: string): number[] | undefined {
  if (text === "") {
    return [];
  }
  const out: number[] = [];
  for (const part of text.split(":")) {
    const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part);
    if (four) {
      const n = four.slice(1).map(Number);
      if (n.some(b => b > 255)) {
        return undefined;
      }
      out.push(n[0] * 256 + n[1], n[2] * 256 + n[3]);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      out.push(parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return out;
}

function ipv6(text: string, all: string): string {
  const halves = text.split("::");
  const head = ipv6Words(halves[0]);
  const tail = halves.length === 2 ? ipv6Words(halves[1]) : [];
  if (halves.length > 2 || !head || !tail) {
    return invalid(all, "the IPv6 address");
  }
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) {
    return invalid(all, "the IPv6 address");
  }
  const words = [...head, ...new Array<number>(gap).fill(0), ...tail];
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) {
      end++;
    }
    if (end - i > length) {
      best = i;
      length = end - i;
    }
  }
  const text16 = (from: number, to: number): string =>
    words.slice(from, to).map(w => w.toString(16)).join(":");
  return best < 0 ? `[${text16(0, 8)}]` : `[${text16(0, best)}::${text16(best + length, 8)}]`;
}

function hostOf(text: string, special: boolean, all: string): string {
  if (text.startsWith("[")) {
    return text.endsWith("]") ? ipv6(text.slice(1, -1), all) : invalid(all, "the IPv6 address");
  }
  if (!special) {
    return /[\0\t\n\r #/<>?@[\\\]^|]/.test(text) ? invalid(all, "the host") : percent(text, "");
  }
  let host = text;
  try {
    host = decodeURIComponent(text);
  } catch {
    invalid(all, "the host");
  }
  if (/[^\0-\x7f]/.test(host)) {
    invalid(all, "the host is not ASCII; write it in its xn-- form");
  }
  if (host === "" || /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(host)) {
    invalid(all, "the host");
  }
  return ipv4(host.toLowerCase(), all);
}

function isDrive(part: string): boolean {
  return /^[A-Za-z][:|]$/.test(part);
}

function addPath(path: string[], text: string, special: boolean, protocol: string): void {
  const parts = text.split(special ? /[/\\]/ : "/");
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    const plain = part.replace(/%2e/gi, ".");
    if (plain === "..") {
      if (!(protocol === "file:" && path.length === 1 && isDrive(path[0]))) {
        path.pop();
      }
      if (last) {
        path.push("");
      }
    } else if (plain === ".") {
      if (last) {
        path.push("");
      }
    } else {
      path.push(percent(part, IN_PATH));
    }
  });
}

function authority(parts: Parts, text: string, special: boolean, all: string): void {
  const at = text.lastIndexOf("@");
  if (at >= 0) {
    const colon = text.slice(0, at).indexOf(":");
    const user = colon < 0 ? text.slice(0, at) : text.slice(0, colon);
    parts.username = percent(user, IN_USERINFO);
    parts.password = colon < 0 ? "" : percent(text.slice(colon + 1, at), IN_USERINFO);
  }
  const rest = text.slice(at + 1);
  const port = /:(\d*)$/.exec(rest);
  const host = port ? rest.slice(0, port.index) : rest;
  if (host === "" && (special ? parts.protocol !== "file:" : at >= 0 || port)) {
    invalid(all, "the host is missing");
  }
  if (/:[^\]]*$/.test(host) && !host.endsWith("]")) {
    invalid(all, "the port");
  }
  parts.host = host === "" ? "" : hostOf(host, special, all);
  if (parts.protocol === "file:" && parts.host === "localhost") {
    parts.host = "";
  }
  setPort(parts, port ? port[1] : "", all);
}

function setPort(parts: Parts, text: string, all: string): void {
  if (text === "") {
    parts.port = "";
    return;
  }
  const port = Number(text);
  if (port > 65535) {
    invalid(all, "the port");
  }
  parts.port = `${port}` === PORTS[parts.protocol] ? "" : `${port}`;
}

function isSpecial(protocol: string): boolean {
  return Object.hasOwn(PORTS, protocol);
}

function setQuery(parts: Parts, text: string | null): void {
  parts.query = text === null ? null :
    percent(text, isSpecial(parts.protocol) ? `${IN_QUERY}'` : IN_QUERY);
}

/* Cuts "#fragment" and "?query" off; what is left is scheme, authority and path. */
function cutTail(parts: Parts, text: string): string {
  const hash = text.indexOf("#");
  parts.fragment = hash < 0 ? null : percent(text.slice(hash + 1), IN_FRAGMENT);
  const before = hash < 0 ? text : text.slice(0, hash);
  const ask = before.indexOf("?");
  setQuery(parts, ask < 0 ? null : before.slice(ask + 1));
  return ask < 0 ? before : before.slice(0, ask);
}

function absolute(parts: Parts, rest: string, all: string): Parts {
  const special = isSpecial(parts.protocol);
  const text = special ? rest.replace(/\\/g, "/") : rest;
  if (!special && !text.startsWith("/")) {
    parts.opaque = percent(text, "");
    return parts;
  }
  const slashes = special && parts.protocol !== "file:" ? /^\/*/ : /^\/\//;
  const found = slashes.exec(text);
  if (!found) {
    addPath(parts.path, text.replace(/^\//, ""), special, parts.protocol);
    parts.host = special ? "" : null;
    return parts;
  }
  const after = text.slice(found[0].length);
  const end = after.indexOf("/");
  authority(parts, end < 0 ? after : after.slice(0, end), special, all);
  if (end >= 0) {
    addPath(parts.path, after.slice(end + 1), special, parts.protocol);
  } else if (special) {
    parts.path.push("");
  }
  return parts;
}

function relative(parts: Parts, base: Parts, rest: string, all: string): Parts {
  const special = isSpecial(base.protocol);
  const text = special ? rest.replace(/\\/g, "/") : rest;
  if (base.opaque !== null && !(text === "" && parts.query === null && parts.fragment !== null)) {
    return invalid(all, `its base ${base.protocol} has no path`);
  }
  if (text.startsWith("//")) {
    return absolute(parts, text, all);
  }
  Object.assign(parts, { username: base.username, password: base.password, host: base.host,
    port: base.port, opaque: base.opaque });
  if (text.startsWith("/")) {
    addPath(parts.path, text.slice(1), special, parts.protocol);
    return parts;
  }
  parts.path = [...base.path];
  if (text !== "") {
    parts.path.pop();
    addPath(parts.path, text, special, parts.protocol);
  } else if (parts.query === null) {
    parts.query = base.query;
  }
  return parts;
}

function parse(input: string, base: Parts | null): Parts {
  const text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  const parts: Parts = { protocol: scheme ? `${scheme[1].toLowerCase()}:` : base?.protocol ?? "",
    username: "", password: "", host: null, port: "", path: [], opaque: null, query: null,
    fragment: null };
  if (!scheme && !base) {
    return invalid(input, "it has no scheme such as https: and no base");
  }
  const rest = cutTail(parts, scheme ? text.slice(scheme[0].length) : text);
  if (scheme && !(base && base.protocol === parts.protocol && isSpecial(parts.protocol) &&
    !/^[/\\]{2}/.test(rest))) {
    return absolute(parts, rest, input);
  }
  return relative(parts, base as Parts, rest, input);
}

function pathText(parts: Parts): string {
  return parts.opaque !== null ? parts.opaque :
    parts.path.length ? `/${parts.path.join("/")}` : "";
}

function print(parts: Parts): string {
  let text = parts.protocol;
  if (parts.host !== null) {
    const secret = parts.password ? `:${parts.password}` : "";
    text += `//${parts.username || secret ? `${parts.username}${secret}@` : ""}${parts.host}`;
    text += parts.port ? `:${parts.port}` : "";
  } else if (parts.opaque === null && parts.path.length > 1 && parts.path[0] === "") {
    text += "/.";
  }
  return text + pathText(parts) + (parts.query !== null ? `?${parts.query}` : "") +
    (parts.fragment !== null ? `#${parts.fragment}` : "");
}

function formDecode(text: string): string {
  return text.replace(/\+/g, " ").replace(/(?:%[0-9a-fA-F]{2})+/g, part => {
    try {
      return decodeURIComponent(part);
    } catch {
      const bytes = part.slice(1).split("%").map(h => parseInt(h, 16));
      return new TextDecoder().decode(new Uint8Array(bytes));
    }
  });
}

function formEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%20/g, "+").replace(/[!'()~]/g, percentOf);
}

type Init = string | Iterable<[string, string]> | Record<string, string> | undefined;

export class URLSearchParams {
  #list: [string, string][] = [];
  #changed: (() => void) | undefined;

  constructor(init?: Init, changed?: () => void) {
    if (init !== null && typeof init === "object") {
      const each = (init as Iterable<[string, string]>)[Symbol.iterator] ?
        [...(init as Iterable<[string, string]>)] : Object.entries(init);
      this.#list = each.map(pair => {
        const two = [...pair];
        if (two.length !== 2) {
          throw new TypeError("URLSearchParams needs pairs of name and value");
        }
        return [`${two[0]}`, `${two[1]}`];
      });
    } else if (init !== undefined) {
      this.#read(`${init}`);
    }
    this.#changed = changed;
  }

  #read(text: string): void {
    for (const part of text.replace(/^\?/, "").split("&")) {
      if (part !== "") {
        const at = part.indexOf("=");
        this.#list.push([formDecode(at < 0 ? part : part.slice(0, at)),
          at < 0 ? "" : formDecode(part.slice(at + 1))]);
      }
    }
  }

  #write(list: [string, string][]): void {
    this.#list = list;
    this.#changed?.();
  }

  get size(): number {
    return this.#list.length;
  }

  append(name: string, value: string): void {
    this.#write([...this.#list, [`${name}`, `${value}`]]);
  }

  delete(name: string, value?: string): void {
    this.#write(this.#list.filter(p => p[0] !== `${name}` ||
      (value !== undefined && p[1] !== `${value}`)));
  }

  get(name: string): string | null {
    return this.#list.find(p => p[0] === `${name}`)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#list.filter(p => p[0] === `${name}`).map(p => p[1]);
  }

  has(name: string, value?: string): boolean {
    return this.#list.some(p => p[0] === `${name}` && (value === undefined || p[1] === `${value}`));
  }

  set(name: string, value: string): void {
    const at = this.#list.findIndex(p => p[0] === `${name}`);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    const list = this.#list.filter((p, i) => i === at || p[0] !== `${name}`);
    list[at] = [`${name}`, `${value}`];
    this.#write(list);
  }

  sort(): void {
    this.#write([...this.#list].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)));
  }

  forEach(act: (value: string, name: string, of: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#list) {
      act.call(self, value, name, this);
    }
  }

  *entries(): IterableIterator<[string, string]> {
    yield* this.#list.map(p => [p[0], p[1]] as [string, string]);
  }

  *keys(): IterableIterator<string> {
    yield* this.#list.map(p => p[0]);
  }

  *values(): IterableIterator<string> {
    yield* this.#list.map(p => p[1]);
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  toString(): string {
    return this.#list.map(p => `${formEncode(p[0])}=${formEncode(p[1])}`).join("&");
  }

  toJSON(): string {
    return this.toString();
  }
}

export class URL {
  #parts: Parts;
  #params: URLSearchParams | undefined;

  constructor(input: unknown, base?: unknown) {
    this.#parts = parse(`${input}`, base === undefined ? null : parse(`${base}`, null));
  }

  static canParse(input: unknown, base?: unknown): boolean {
    return URL.parse(input, base) !== null;
  }

  static parse(input: unknown, base?: unknown): URL | null {
    try {
      return new URL(input, base);
    } catch {
      return null;
    }
  }

  get href(): string {
    return print(this.#parts);
  }

  set href(value: string) {
    this.#parts = parse(`${value}`, null);
    this.#params = undefined;
  }

  get origin(): string {
    return isSpecial(this.protocol) && this.protocol !== "file:" ?
      `${this.protocol}//${this.host}` : "null";
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: string) {
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):?/.exec(`${value}`);
    const next = scheme ? `${scheme[1].toLowerCase()}:` : "";
    if (scheme && isSpecial(next) === isSpecial(this.protocol)) {
      this.#parts.protocol = next;
      setPort(this.#parts, this.#parts.port, next);
    }
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: string) {
    this.#parts.username = this.#parts.host ? percent(`${value}`, IN_USERINFO) : "";
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: string) {
    this.#parts.password = this.#parts.host ? percent(`${value}`, IN_USERINFO) : "";
  }

  get host(): string {
    return (this.#parts.host ?? "") + (this.#parts.port ? `:${this.#parts.port}` : "");
  }

  set host(value: string) {
    const port = /:(\d*)$/.exec(`${value}`);
    this.hostname = port ? `${value}`.slice(0, port.index) : value;
    if (port && port[1] !== "") {
      this.port = port[1];
    }
  }

  get hostname(): string {
    return this.#parts.host ?? "";
  }

  set hostname(value: string) {
    if (this.#parts.opaque === null && `${value}` !== "") {
      try {
        this.#parts.host = hostOf(`${value}`, isSpecial(this.protocol), `${value}`);
      } catch {
        return; /* A host that is none changes nothing, says the standard. */
      }
    }
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: string) {
    const digits = /^\d*/.exec(`${value}`) as RegExpExecArray;
    if (Number(digits[0]) <= 65535 && this.#parts.host) {
      setPort(this.#parts, digits[0], "");
    }
  }

  get pathname(): string {
    return pathText(this.#parts);
  }

  set pathname(value: string) {
    if (this.#parts.opaque === null) {
      const special = isSpecial(this.protocol);
      this.#parts.path = [];
      addPath(this.#parts.path, `${value}`.replace(special ? /^[/\\]/ : /^\//, ""), special,
        this.protocol);
    }
  }

  get search(): string {
    return this.#parts.query ? `?${this.#parts.query}` : "";
  }

  set search(value: string) {
    const text = `${value}`.replace(/^\?/, "");
    setQuery(this.#parts, text === "" ? null : text);
    this.#params = undefined;
  }

  get searchParams(): URLSearchParams {
    this.#params ??= new URLSearchParams(this.#parts.query ?? "", () => {
      const text = (this.#params as URLSearchParams).toString();
      this.#parts.query = text === "" ? null : text;
    });
    return this.#params;
  }

  get hash(): string {
    return this.#parts.fragment ? `#${this.#parts.fragment}` : "";
  }

  set hash(value: string) {
    const text = `${value}`.replace(/^#/, "");
    this.#parts.fragment = text === "" ? null : percent(text, IN_FRAGMENT);
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }
}
