// What a program may look for and will not find: each says what to use instead.

const functions: Record<string, string> = {
  fetch: "fetch is not available in a program; use tools.<source>.<tool>(...): " +
    "tools.search(text) finds one",
  require: "require is not available in a program; everything it may use is already there: " +
    "tools, console, URL, TextEncoder, crypto",
  XMLHttpRequest: "XMLHttpRequest is not available in a program; use tools.<source>.<tool>(...)",
  WebSocket: "WebSocket is not available in a program; use tools.<source>.<tool>(...)",
  setImmediate: "setImmediate is not available in a program; use setTimeout(f, 0)",
  alert: "alert is not available in a program; use emit(value) to show progress, " +
    "return for the result",
};

const objects: Record<string, string> = {
  Intl: "Intl is not available in a program; format dates with toISOString() and numbers with " +
    "toFixed(), or return the raw values",
  process: "process is not available in a program: it has no environment, arguments or files; " +
    "use tools.* and the global `input`",
  Buffer: "Buffer is not available in a program; use Uint8Array, TextEncoder, TextDecoder, " +
    "atob and btoa",
  Deno: "Deno is not available in a program; use tools.*",
  Bun: "Bun is not available in a program; use tools.*",
  WebAssembly: "WebAssembly is not available in a program",
};

function unavailable(name: string, why: string): Error {
  const error = new ReferenceError(why);
  Object.defineProperty(error, "missing", { value: name, configurable: true });
  return error;
}

function hide(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true,
    enumerable: false });
}

export function refuseMissing(): void {
  for (const name of Object.keys(functions)) {
    hide(name, function () {
      throw unavailable(name, functions[name]);
    });
  }
  for (const name of Object.keys(objects)) {
    const no = (_target: unknown, key: unknown): unknown => {
      if (typeof key === "symbol") {
        return undefined;
      }
      throw unavailable(name, objects[name]);
    };
    hide(name, new Proxy({}, { get: no, apply: no as never, construct: no as never, has: no as
      never, set: no as never }));
  }
}
