/** What all players share: one plays at a time, and the speeds there are. */

/** Playback speeds in the order in which the button goes through them. */
export const SPEEDS = [1, 1.5, 2] as const;

/** The speed after this one; after the last comes the first. */
export function nextSpeed(speed: number): number {
  const at = SPEEDS.findIndex((known) => known === speed);
  return SPEEDS[at + 1] ?? SPEEDS[0];
}

let playing: HTMLMediaElement | null = null;

/** Pauses what plays now; called by whoever is about to play. */
export function pauseOthers(next: HTMLMediaElement): void {
  if (playing !== null && playing !== next) playing.pause();
  playing = next;
}
