/** Who the script plays: the file that `npm run load -- prepare` wrote, in memory once for all virtual users. */
import { SharedArray } from 'k6/data';
import type { LoadAgent, LoadPlan, LoadTenant } from '../../../src/contract/load.ts';

function read(): LoadPlan {
  return JSON.parse(open(setting('HUNFLY_LOAD_PLAN'))) as LoadPlan;
}

/** A setting without a default. Throws when it is missing. */
function setting(name: string): string {
  const value = __ENV[name];
  if (value === undefined) throw new Error(`${name} is not set: run the script with npm run load -- k6 NAME`);
  return value;
}

/** A setting of the run, e.g. `-e VUS=50`. Throws for what is no positive number. */
export function numberFrom(name: string, standard: number): number {
  const value = Number(__ENV[name] ?? standard);
  if (value > 0) return value;
  throw new Error(`${name} must be a number above 0, not ${String(__ENV[name])}`);
}

const addresses = new SharedArray('address', () => [read().url]);
const tenants = new SharedArray('tenants', () => read().tenants);

/** Where the installation is, without a trailing slash. */
export function baseUrl(): string {
  return at(addresses, 0);
}

/** How many businesses there are. */
export function tenantCount(): number {
  return tenants.length;
}

/** The business of the `index`-th virtual user, from 0; they take turns. */
export function tenantOf(index: number): LoadTenant {
  return at(tenants, index % tenants.length);
}

/** The `index`-th person, from 0: one of each business first, then the next of each. */
export function agentOf(index: number): LoadAgent {
  const { agents } = tenantOf(index);
  return at(agents, Math.floor(index / tenants.length) % agents.length);
}

/** An element that is there. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`There is no element ${String(index)}.`);
  return found;
}
