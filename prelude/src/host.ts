// What the machine's owner gives: plain functions under one-letter names, set before the prelude
// runs and taken away from the program's reach by it.

export interface Host {
  /** A call of a tool: gives its number. */
  c(address: string, args: string, preview: boolean): number;
  /** A timer that falls due after delay milliseconds: gives its number. */
  t(delay: number): number;
  /** The timer is no longer wanted. */
  x(timer: number): void;
  /** Progress for the person: JSON. */
  e(value: string): void;
  /** A line for the console. */
  l(level: string, text: string): void;
  /** The program returned: JSON; said is false where it returned nothing. */
  d(value: string, said: boolean): void;
  /** The program threw; data is JSON or empty. */
  f(code: string, message: string, retryable: boolean, stack: string, data: string): void;
  /** Bytes that follow from the program's seed. */
  r(count: number): ArrayBuffer;
  /** The time at which the program started. */
  o(): number;
}

const scope = globalThis as unknown as { __host?: Host };

export const host: Host = scope.__host as Host;
delete scope.__host;
