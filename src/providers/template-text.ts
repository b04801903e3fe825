/** Placeholders of templates: `{{1}}`, `{{name}}`. */

/** Each placeholder once: numbers in their order, names as they come. */
export function placeholdersIn(text: string): string[] {
  const found = [...new Set([...text.matchAll(/\{\{\s*([\w.-]{1,64})\s*\}\}/g)].map((match) => match[1] ?? ''))];
  const numbered = found.every((name) => /^\d+$/.test(name));
  return numbered ? found.sort((a, b) => Number(a) - Number(b)) : found;
}
