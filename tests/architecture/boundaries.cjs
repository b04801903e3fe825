/**
 * Which file may import which. Read by dependency-cruiser from boundaries.spec.ts; every rule says why it exists.
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** @param {string} name @param {string} packages @param {string} home @param {string} comment */
const onlyIn = (name, packages, home, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(src|consumers|client)/', pathNot: home },
  to: { path: `node_modules/(${packages})/` },
});

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const ENTRIES = ['^src/server\\.ts$', '^src/simulator\\.ts$', '^src/cli\\.ts$', '^consumers/'];

module.exports = {
  forbidden: [
    never('no-cycles', 'Two files that need each other are one file, or hide a third.', {}, { circular: true }),
    {
      ...never(
        'no-capability-cycles',
        'Capabilities build on each other in one direction.',
        { path: '^src/inbox' },
        { circular: true },
      ),
      scope: 'folder',
    },
    never(
      'lib-stands-alone',
      'lib has no product words and does no I/O.',
      { path: '^src/lib/' },
      {
        path: '^(src|consumers|client|tests|scripts)/|node_modules/',
        pathNot: ['^src/lib/', 'node_modules/@types/'],
      },
    ),
    never(
      'contract-is-for-everyone',
      'The browser loads contract: zod and itself, nothing else.',
      { path: '^src/contract/' },
      {
        pathNot: ['^src/contract/', 'node_modules/zod/'],
      },
    ),
    never(
      'platform-knows-no-product',
      'Plumbing works for any product.',
      { path: '^src/platform/' },
      {
        path: '^(src|consumers|client|tests|scripts)/',
        pathNot: '^src/(platform|lib)/',
      },
    ),
    never(
      'providers-only-translate',
      'A provider turns wire into events and back; it has no SQL, no Redis, no sockets.',
      { path: '^src/providers/' },
      {
        path: '^(src|consumers|client|tests|scripts)/',
        pathNot: ['^src/(providers|lib|contract)/', '^src/platform/http-client\\.ts$'],
      },
    ),
    never(
      'providers-do-not-meet',
      'What two carriers share is in provider.ts or in lib.',
      { path: '^src/providers/([^/]+)/' },
      {
        path: '^src/providers/[^/]+/',
        pathNot: '^src/providers/($1|shared)/',
      },
    ),
    never(
      'inbox-knows-no-carrier',
      'The product depends on what a provider is, not on which there are.',
      { path: '^src/inbox/' },
      {
        path: '^src/providers/',
        pathNot: '^src/providers/(provider|inbound|sending|media|managing)\\.ts$',
      },
    ),
    never(
      'inbox-has-no-transport',
      'A command is the same from a socket, from REST and from a test.',
      { path: '^src/inbox/' },
      {
        path: [
          '^src/(http|realtime)/',
          '^src/[^/]+\\.ts$',
          '^consumers/',
          '^client/',
          'node_modules/(koa|@koa/[^/]+|socket\\.io)/',
        ],
      },
    ),
    never(
      'transports-do-not-meet',
      'HTTP and sockets share the inbox, not each other.',
      { path: '^src/(http|realtime)/' },
      {
        path: '^src/(http|realtime)/',
        pathNot: '^src/$1/',
      },
    ),
    never(
      'transports-do-not-compose',
      'Who uses what is decided in deps.ts and the entries.',
      { path: '^src/(http|realtime|inbox|providers)/' },
      {
        path: '^src/(deps|server|simulator|cli)\\.ts$',
      },
    ),
    never(
      'consumers-carry-no-transport',
      'A consumer joins a stream to the inbox.',
      { path: '^consumers/' },
      {
        path: ['^src/(http|realtime)/', '^client/'],
      },
    ),
    never(
      'consumers-do-not-meet',
      'Each consumer is a process of its own.',
      { path: '^consumers/([^/]+)\\.ts$' },
      {
        path: '^consumers/',
        pathNot: '^consumers/$1\\.ts$',
      },
    ),
    never(
      'nothing-imports-entries',
      'An entry starts a process when it is imported.',
      { pathNot: ['^tests/', ...ENTRIES] },
      { path: ENTRIES },
    ),
    never(
      'client-knows-the-contract',
      'Server code stays out of the browser.',
      { path: '^client/' },
      {
        path: '^(src|consumers|tests|sql|scripts)/',
        pathNot: '^src/contract/',
      },
    ),
    never(
      'client-data-flows-one-way',
      'Screens draw the state and call its actions; the state knows no screen.',
      { path: '^client/src/(sync|state)/' },
      { path: '^client/src/(components|screens)/' },
    ),
    never(
      'loadtest-knows-the-contract',
      'Load comes from outside.',
      { path: '^loadtest/' },
      {
        path: '^(src|consumers|client|tests)/',
        pathNot: '^src/contract/',
      },
    ),
    never(
      'nothing-imports-tests',
      'The product runs without its tests.',
      { pathNot: '^tests/|\\.spec\\.tsx?$' },
      { path: '^tests/' },
    ),
    never(
      'queries-stay-home',
      'Others call a capability’s functions, not its SQL.',
      { path: '^src/inbox/([^/]+)/' },
      {
        path: '^src/inbox/[^/]+/[a-z-]*queries\\.ts$',
        pathNot: '^src/inbox/$1/',
      },
    ),
    onlyIn('koa-in-http', 'koa|@koa/[^/]+|koa-helmet|send', '^src/http/', 'One folder speaks HTTP.'),
    onlyIn('socketio-in-realtime', 'socket\\.io|@socket\\.io/[^/]+', '^src/realtime/', 'One folder speaks Socket.IO.'),
    onlyIn(
      'postgres-in-platform',
      'postgres',
      '^src/platform/postgres(-connection|-transaction|-types)?\\.ts$',
      'One room opens connections and bounds them.',
    ),
    onlyIn('casl-in-team', '@casl/[^/]+', '^(src/inbox/team/|client/)', 'One place decides what a role may do.'),
    onlyIn(
      'ioredis-in-platform',
      'ioredis',
      '^src/platform/redis(-cluster|-sentinel)?\\.ts$',
      'Three files know which options lose data.',
    ),
    onlyIn('prometheus-in-platform', 'prom-client', '^src/platform/metrics\\.ts$', 'One file names the metrics.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(client/)?dist/|^loadtest/[^/]+/(node_modules|results)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
