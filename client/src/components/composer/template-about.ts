/** What a template is, in a few words beside its name. */
import type { Template } from '../../../../src/contract/templates.ts';
import { constantWords, languageName } from '../format.ts';

/** `English · Utility`. */
export function aboutTemplate({ language, category }: Template): string {
  return [languageName(language), category === null ? '' : constantWords(category)].filter(Boolean).join(' · ');
}
