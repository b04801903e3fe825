/** The parts of a simulator that its controls and its page use. */
import type { Delivery } from './delivery.ts';
import type { Demo } from './demo.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { Phones } from './phone.ts';
import type { World } from './world.ts';

/** What the controls act on. */
export interface ControlOptions {
  readonly world: World;
  readonly phones: Phones;
  readonly delivery: Delivery;
  readonly misbehaviour: Misbehaviour;
  readonly demo: Demo;
  readonly nowMs: () => number;
}
