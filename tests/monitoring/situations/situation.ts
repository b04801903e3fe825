/** What an alert is shown: how it looks to Prometheus, and what has to follow. */

/** An alert as it reaches a person. */
export interface Raised {
  /** Besides the severity, which is the rule's own. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The summary, with everything filled in. */
  readonly says: string;
}

/** How often everything is scraped and evaluated, and how long it goes on, in seconds. */
export const SCRAPE_S = 15;
export const EVALUATE_S = 30;
export const END_S = 2400;

/** `series`: a value each scrape, as `promtool test rules` reads them. `raises` left out: stays silent throughout. */
export interface Situation {
  readonly title: string;
  readonly series: Readonly<Record<string, string>>;
  readonly raises?: Raised;
}

/** By alert. */
export type Situations = Readonly<Record<string, readonly Situation[]>>;

/** A gauge that stays as it is. */
export const level = (value: number): string => `${String(value)}x160`;

/** A counter that rises by `perSecond`; exact to the hundredth of a second. */
export const rising = (perSecond: number): string => `0+${String((perSecond * 1500) / 100)}x160`;

/** A counter that is there and counts nothing. */
export const still = level(7);

/** A counter that rises for a minute, by one each time, and never again. */
export const aMinute = '7x40 8+1x3 11x116';
