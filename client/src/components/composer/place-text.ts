/** Reads a place from what people paste: coordinates or a map link. Pure; links are not followed. */

/** A point on earth, in degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

const NUMBER = '(-?\\d{1,3}(?:\\.\\d+)?)';
const PATTERNS: readonly RegExp[] = [
  // Google's marker, which is the place itself; the @ in the link is only the center of the map.
  new RegExp(`!3d${NUMBER}!4d${NUMBER}`),
  new RegExp(`[?&]mlat=${NUMBER}&mlon=${NUMBER}`),
  new RegExp(`[?&](?:q|ll|query|destination|daddr|sll|coordinate)=(?:loc:)?${NUMBER}(?:,|%2C)\\s*${NUMBER}`, 'i'),
  new RegExp(`#map=\\d+/${NUMBER}/${NUMBER}`),
  new RegExp(`@${NUMBER},${NUMBER}`),
  new RegExp(`^geo:${NUMBER},${NUMBER}`),
  new RegExp(`^\\s*\\(?${NUMBER}°?\\s*[,;\\s]\\s*${NUMBER}°?\\)?\\s*$`),
];

/** The place; null when the text contains none or the coordinates are out of range. */
export function parsePlace(text: string): Point | null {
  for (const pattern of PATTERNS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const [latitude, longitude] = [Number(match[1]), Number(match[2])];
    return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
  }
  return null;
}
