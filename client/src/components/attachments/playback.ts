/** Shared by all players: only one plays at a time, and the available speeds. */

/** Playback speeds, in the order in which the button cycles through them. */
export const SPEEDS = [1, 1.5, 2] as const;

/** The next speed; the first one after the last. */
export function nextSpeed(speed: number): number {
  const at = SPEEDS.findIndex((known) => known === speed);
  return SPEEDS[at + 1] ?? SPEEDS[0];
}

let playing: HTMLMediaElement | null = null;

/** Pauses the current player. Called by a player that is about to play. */
export function pauseOthers(next: HTMLMediaElement): void {
  if (playing !== null && playing !== next) playing.pause();
  playing = next;
}
