/** What `npm run bench -- --help` says. Imports nothing, so that it can be told before any package is installed. */

export const MODE_NAMES = /** @type {const} */ ([
  'window',
  'open50',
  'open200',
  'open1000',
  'burst',
  'commands',
  'commands200',
  'broadcast100',
  'broadcast1000',
  'broadcast5000',
  'broadcast100x2',
  'broadcast1000x2',
  'broadcast5000x2',
  'idle',
  'storm',
  'stormApart',
  'noisy',
  'backlog',
  'growth',
  'tenants',
  'rows',
  'rowsSent',
]);
export const SYSTEM_NAMES = /** @type {const} */ (['floor', 'guarded', 'ours', 'peer']);
/** Ways to break something on purpose. */
export const CONTROL_NAMES = ['sleep', 'lose'];

export const HELP = `npm run bench [-- flags]

Starts the floor, the floor with every promise of ours (guarded), what people would build instead (the peer) and ours
on one machine, one after the other on the same Postgres and Redis settings, drives each from outside, and prints
medians, spread and ratios. The order of the systems is reversed every other round. Results go to
loadtest/bench/results/.

  --quick            the main modes, one short round, under 3 minutes
  --only A,B         these modes: ${MODE_NAMES.join(', ')}
  --systems A,B      these systems: ${SYSTEM_NAMES.join(', ')}
  --rounds N         rounds per mode, 1 to 50 (default 5)
  --warm N           seconds of a round before it is measured, 1 to 600 (default 20): V8 compiles, plans are made
  --seconds N        measured seconds of a round, 1 to 600 (default 8)
  --seed N           names a run, so that two can be told apart (default 1)
  --entries N        webhooks of the mode backlog (default 1000000)
  --threads A,B      sizes of the mode growth, rising (default 1000,10000,100000,1000000)
  --profile          leaves a CPU profile of every process in loadtest/bench/results/profiles/
  --control NAME     breaks something on purpose, to see that the bench notices: ${CONTROL_NAMES.join(', ')}
  --help             this text
`;
