/** Describes a template in a few words, shown next to its name. */
import type { Template } from '../../../../src/contract/templates.ts';
import { constantWords, languageName } from '../format.ts';

/** For example `English · Utility`. */
export function aboutTemplate({ language, category }: Template): string {
  return [languageName(language), category === null ? '' : constantWords(category)].filter(Boolean).join(' · ');
}
