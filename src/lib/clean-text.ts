/**
 * Makes text from outside storable. PostgreSQL refuses U+0000 (22021, 22P05) and lone surrogates in jsonb (22P02),
 * and one such character would fail a whole batch.
 */

/** `toWellFormed` is ES2024; Node has it since version 20, the compiler's ES2023 library does not know it. */
type WellFormed = string & { toWellFormed(): string };

/** Drops NUL, replaces lone surrogates by U+FFFD and cuts to `maxLength` UTF-16 units without splitting a pair. */
export function cleanText(value: string, maxLength: number): string {
  const text = value.includes('\0') ? value.replaceAll('\0', '') : value;
  return (cut(text, maxLength) as WellFormed).toWellFormed();
}

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? maxLength - 1 : maxLength);
}
