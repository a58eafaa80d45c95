// Timers. The time is what the deliveries say, so a timer falls due when the owner says so.

import { host } from "./host";
import { create } from "./own";

interface Timer {
  act: (...args: unknown[]) => unknown;
  args: unknown[];
  every: number; /* 0: once */
  number: number; /* as the owner knows it; a repeated timer has a new one each time */
}

const DELAY_MAX = 2 ** 31 - 1;

/* By the number that the program holds, which is the first one that the owner gave. */
const timers: Record<number, Timer> = create(null);
const held: Record<number, number> = create(null);

function delayOf(value: unknown): number {
  const delay = Number(value);
  return delay > 0 ? (delay < DELAY_MAX ? Math.trunc(delay) : DELAY_MAX) : 0;
}

function set(act: unknown, delay: number, every: number, args: unknown[]): number {
  if (typeof act !== "function") {
    throw new TypeError("a timer needs a function to call");
  }
  const number = host.t(delay);
  timers[number] = { __proto__: null, act, args, every, number } as unknown as Timer;
  held[number] = number;
  return number;
}

export function setTimeout(act: unknown, delay?: unknown, ...args: unknown[]): number {
  return set(act, delayOf(delay), 0, args);
}

export function setInterval(act: unknown, delay?: unknown, ...args: unknown[]): number {
  const every = delayOf(delay) || 1;
  return set(act, every, every, args);
}

export function clearTimeout(id?: unknown): void {
  const timer = timers[id as number];
  if (timer) {
    host.x(timer.number);
    delete held[timer.number];
    delete timers[id as number];
  }
}

/** The owner says that this timer is due. */
export function fire(number: number): void {
  const id = held[number];
  const timer = timers[id];
  if (!timer) {
    return;
  }
  delete held[number];
  if (timer.every > 0) {
    timer.number = host.t(timer.every);
    held[timer.number] = id;
  } else {
    delete timers[id];
  }
  timer.act(...timer.args);
}
