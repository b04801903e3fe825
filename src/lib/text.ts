/// <reference lib="es2024.string" />
/** Makes text from outside storable. */

/**
 * Text that Postgres accepts as text and as jsonb: no U+0000 (22021, 22P05), no lone surrogates (22P02; replaced by
 * U+FFFD), at most `maxChars` UTF-16 units, never ending in half a surrogate pair.
 */
export function cleanText(value: string, maxChars: number): string {
  const whole = value.replaceAll('\u0000', '').toWellFormed();
  if (whole.length <= maxChars) return whole;
  const end = isHighSurrogate(whole.charCodeAt(maxChars - 1)) ? maxChars - 1 : maxChars;
  return whole.slice(0, Math.max(0, end));
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
