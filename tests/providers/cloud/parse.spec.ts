import { describe, expect, it } from 'vitest';
import { parseCloud } from '../../../src/providers/cloud/parse.ts';
import { corpusCases, expectEvents, variationCases } from '../corpus.ts';

const cases = corpusCases('cloud');

describe('every Cloud API body becomes the events an inbox must make of it', () => {
  it('all fixtures are here', () => {
    expect(cases.length).toBe(85);
  });
  it.each(cases)('$name', ({ body, expected }) => {
    expectEvents(parseCloud(body), expected);
  });
});

describe('the same kinds with other values, and whatever else is legal', () => {
  it.each(variationCases('cloud'))('$name', ({ body, expected }) => {
    expectEvents(parseCloud(body), expected);
  });
});
