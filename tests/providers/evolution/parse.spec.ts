import { describe, expect, it } from 'vitest';
import { parseEvolution } from '../../../src/providers/evolution/parse.ts';
import { corpusCases, expectEvents, variationCases } from '../corpus.ts';

const cases = corpusCases('evolution');

describe('every Evolution API body becomes the events an inbox must make of it', () => {
  it('all fixtures are here', () => {
    expect(cases.length).toBe(93);
  });
  it.each(cases)('$name', ({ body, expected }) => {
    expectEvents(parseEvolution(body), expected);
  });
});

describe('the same kinds with other values, and whatever else is legal', () => {
  it.each(variationCases('evolution'))('$name', ({ body, expected }) => {
    expectEvents(parseEvolution(body), expected);
  });
});
