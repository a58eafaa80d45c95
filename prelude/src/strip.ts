// Type removal, in a machine of its own: TypeScript in, the same lines of JavaScript out.

import { transform } from "sucrase";

interface Host {
  d(text: string): void;
  f(message: string, line: number, column: number): void;
}

const scope = globalThis as unknown as { __host?: Host };
const host = scope.__host as Host;
delete scope.__host;

export function strip(text: string): void {
  try {
    host.d(transform(text, { transforms: ["typescript"], disableESTransforms: true,
      keepUnusedImports: true }).code);
  } catch (thrown) {
    const error = thrown as Error & { loc?: { line: number; column: number } };
    const message = `${error.message}`.replace(/^Error transforming [^:]*: /, "")
      .replace(/ \(\d+:\d+\)$/, "");
    host.f(message, error.loc?.line ?? 0, error.loc?.column ?? 0);
  }
}
