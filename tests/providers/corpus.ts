/** Real and hostile webhook bodies kept beside the tests, byte for byte. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { explainAll } from '../../src/providers/explain.ts';
import type { Parsed } from '../../src/providers/inbound.ts';
import { binding, missing } from './subset.ts';

/** The channels of the tenant that the fixtures were written for. */
const KNOWN_CHANNELS = new Set(['100000000000001', '100000000000002', 'acme-support', 'whatsapp:+15550100000']);

/** One body with the events an inbox must make of it. */
export interface CorpusCase {
  readonly name: string;
  readonly body: Buffer;
  readonly expected: readonly Record<string, unknown>[];
}

/** Every fixture of a folder beside this file, sorted by name. */
export function corpusCases(folder: string): CorpusCase[] {
  const directory = join(import.meta.dirname, folder, 'fixtures');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.expect.json'))
    .sort()
    .map((file) => ({
      name: file.replace('.expect.json', ''),
      body: readFileSync(join(directory, file.replace('.expect.json', '.json'))),
      expected: JSON.parse(readFileSync(join(directory, file), 'utf8')) as Record<string, unknown>[],
    }));
}

/**
 * The same kinds with other values and legal nastiness: a line each in a folder's `variations.jsonl`, every one with ids of
 * its own.
 */
export function variationCases(folder: string): CorpusCase[] {
  const lines = readFileSync(join(import.meta.dirname, folder, 'fixtures', 'variations.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { name, body, events } = JSON.parse(line) as { name: string; body: unknown; events: CorpusCase['expected'] };
    return { name, body: Buffer.from(JSON.stringify(body)), expected: events };
  });
}

/** Fails with the paths that differ when a parser makes something else of the body. */
export function expectEvents(parsed: Parsed, expected: CorpusCase['expected']): void {
  if (!parsed.ok) throw new Error(`broken: ${parsed.broken}`);
  const actual = explainAll(parsed.events, (channel) => KNOWN_CHANNELS.has(channel));
  expect(actual.map((event) => event['kind'])).toEqual(expected.map((event) => event['kind']));
  expect(expected.flatMap((event, index) => missing(actual[index], binding(event), String(index)))).toEqual([]);
}

/** A hostile request with what the endpoint should answer. */
export interface BadCase {
  readonly name: string;
  readonly provider: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly expect: Record<string, unknown>;
}

/** Hostile requests of one provider whose body is kept as a file. */
export function badCases(provider: string): BadCase[] {
  const directory = join(import.meta.dirname, 'bad', 'fixtures');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.case.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as BadCase & { body_file?: string })
    .filter((found) => found.provider === provider && found.body_file !== undefined)
    .map((found) => ({ ...found, body: readFileSync(join(directory, found.body_file ?? '')) }));
}
