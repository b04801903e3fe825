/** Runs a command: parse, authorise, one transaction, then notify others. The transports' only way into the inbox. */
import { COMMANDS, type CommandInput, type CommandName } from '../contract/commands.ts';
import { InboxError, invalidInput } from '../contract/errors.ts';
import type { ThreadId } from '../contract/ids.ts';
import { withDeadline } from '../lib/deadline.ts';
import { correlationId } from '../platform/log.ts';
import { classifyDatabaseError, type Statement, type Tx } from '../platform/postgres.ts';
import { auditStatement } from './audit.ts';
import type {
  AnyCommand,
  CarrierCommand,
  CommandContext,
  ExecuteCommand,
  Executed,
  InTurn,
  Outcome,
} from './command.ts';
import { logCommand, readAdmission, readOpening, type Admission, type Opening } from './command-log.ts';
import { announce, answered, busy, deadlineOf, executed, fromStored, isBusy, member } from './command-run.ts';
import type { Committed, ExecutorDeps, Run } from './command-run.ts';
import { AsLogged, logStatement, type LoggedEvent } from './event-log.ts';
import { storableInput } from './input.ts';
import type { Registry } from './registry.ts';
import { readOnReplica } from './replica-reads.ts';
import { abilityFor } from './team/ability.ts';
import { selectThread, type ThreadRow } from './threads/queries.ts';
import { Together } from './together.ts';

/** Builds the executor. `session:renew` is not a command of the inbox: the socket layer answers it. */
export function createExecutor(deps: ExecutorDeps): ExecuteCommand {
  const together = new Together(deps, commitAlone);
  return async (name, input, caller, inTurn = atOnce) => {
    const command = commandNamed(deps.registry, name);
    if (asksCarrier(command)) return await askCarrier(prepareRun({ deps, command, caller }, input));
    const run = prepareRun({ deps, command, caller }, input);
    return await followUp(run, executed(await inTurn(threadNamedBy(run.input), () => together.commit(run))));
  };
}

async function followUp<N extends CommandName>(run: Run<N>, done: Executed<N>): Promise<Executed<N>> {
  const { command, deps } = run;
  if (command.afterCommit === undefined) return done;
  try {
    return { ...done, data: await command.afterCommit(done.data, run) };
  } catch (error) {
    throw isBusy(error) ? busy(deps, command.name, error) : error;
  }
}

const atOnce: InTurn = (_threadId, begin) => begin();

function threadNamedBy(input: CommandInput<CommandName>): ThreadId | null {
  return 'threadId' in input ? (input.threadId ?? null) : null;
}

async function commitAlone<N extends CommandName>(run: Run<N>): Promise<Committed<N>> {
  const committed = await commit(run);
  announce(run.deps, committed);
  return committed;
}

function commandNamed<N extends CommandName>(registry: Registry, name: N): AnyCommand<N> {
  const found = (registry as { readonly [K in CommandName]?: AnyCommand<K> })[name];
  if (found === undefined) throw new InboxError('unsupported', `${name} is answered by the connection, not the inbox.`);
  return found;
}

function asksCarrier<N extends CommandName>(command: AnyCommand<N>): command is CarrierCommand<N> {
  return command.access === 'carrier';
}

function prepareRun<N extends CommandName, C extends AnyCommand<N>>(
  { deps, command, caller }: Pick<Run<N, C>, 'deps' | 'command' | 'caller'>,
  raw: unknown,
): Run<N, C> {
  const parsed = COMMANDS[command.name].input.safeParse(storableInput(raw));
  if (!parsed.success) throw invalidInput(parsed.error);
  const input = parsed.data as CommandInput<N>;
  return { deps, command, caller, input, commandId: input.commandId ?? null };
}

/** Authorised in a read that ends before the carrier is called. */
async function askCarrier<N extends CommandName>(run: Run<N, CarrierCommand<N>>): Promise<Executed<N>> {
  const { command, caller, deps, input } = run;
  const options = { deadlineMs: deadlineOf(deps), readOnly: true };
  try {
    await deps.database.asTenant(
      caller.tenantId,
      `command.${command.name}`,
      async (tx) => {
        command.allow(
          contextOf(tx, run, { admission: member(await readAdmission(tx, caller, null)), named: null }),
          input,
        );
      },
      options,
    );
    const { data, effects = [] } = await command.ask(caller, input);
    return { data, effects };
  } catch (error) {
    throw !(error instanceof InboxError) && isBusy(error) ? busy(deps, command.name, error) : error;
  }
}

/**
 * One transaction. When a write is refused, checks once more whether somebody else has committed the same commandId.
 */
async function commit<N extends CommandName>(run: Run<N>): Promise<Committed<N>> {
  const { command, caller, deps } = run;
  const endMs = performance.now() + deadlineOf(deps);
  try {
    const found = command.onReplica === true ? await readElsewhere(run) : null;
    if (found !== null) return found;
    const options = {
      deadlineMs: Math.max(1, Math.ceil(endMs - performance.now())),
      ...(command.access === 'read' ? ({ isolation: 'repeatable read', readOnly: true } as const) : {}),
    };
    return await deps.database.asTenant(caller.tenantId, `command.${command.name}`, (tx) => attempt(tx, run), options);
  } catch (error) {
    return await recover(run, error);
  }
}

/** Null: not answered by a replica. */
async function readElsewhere<N extends CommandName>(run: Run<N>): Promise<Committed<N> | null> {
  const { command, caller, deps, input } = run;
  const { replica, database } = deps;
  if (replica === undefined || replica === null) return null;
  const threadId = threadNamedBy(input);
  const asked = { caller, name: `command.${command.name}`, deadlineMs: deadlineOf(deps) };
  const reading = readOnReplica(
    { database, replica },
    {
      ...asked,
      work: async (tx, admission) => {
        const named = threadId === null ? null : await selectThread(tx, caller.tenantId, threadId);
        return answered(await command.run(contextOf(tx, run, { admission, named }), input), []);
      },
    },
  );
  return (await withDeadline(reading, asked.deadlineMs, asked.name))?.value ?? null;
}

async function attempt<N extends CommandName>(tx: Tx, run: Run<N>): Promise<Committed<N>> {
  const { command } = run;
  const { admission, named } = await open(tx, run);
  if (admission.stored !== null) return fromStored(run, admission.stored);
  const outcome = await command.run(contextOf(tx, run, { admission, named }), run.input);
  return command.access === 'read' ? answered(outcome, []) : record(tx, run, outcome);
}

async function open<N extends CommandName>(tx: Tx, { command, caller, input, commandId }: Run<N>): Promise<Opening> {
  const writes = command.access === 'write';
  const asked = writes ? commandId : null;
  const threadId = threadNamedBy(input);
  if (threadId === null) return { admission: member(await readAdmission(tx, caller, asked)), named: null };
  return member(await readOpening(tx, caller, asked, { id: threadId, locked: writes }));
}

/**
 * The last writes of the transaction: the handler's own, audit, log, stored result. All are sent at once, because the
 * tenant's counter is locked from the log to the commit and no round trip should fall in between.
 */
async function record<N extends CommandName>(tx: Tx, run: Run<N>, outcome: Outcome<N>): Promise<Committed<N>> {
  const { caller } = run;
  const { writes = [], audit = [] } = outcome;
  const actor = { tenantId: caller.tenantId, type: 'member', id: caller.memberId } as const;
  const audits =
    audit.length === 0 ? [] : [auditStatement(tx, { ...actor, correlationId: correlationId() ?? null }, audit)];
  return answered(outcome, await tx.finish([...writes, ...audits], logAndKeep(tx, run, outcome)));
}

function logAndKeep<N extends CommandName>(
  tx: Tx,
  { command, caller, commandId }: Run<N>,
  { data, changes = [] }: Outcome<N>,
): Statement<LoggedEvent[]> {
  const result = data instanceof AsLogged ? { change: data.placeIn(changes) } : { data };
  if (commandId === null) return logStatement(tx, changes);
  return logCommand(tx, caller, { commandId, name: command.name, result }, changes);
}

function contextOf<N extends CommandName>(
  tx: Tx,
  run: Run<N, AnyCommand<N>>,
  { admission, named }: { readonly admission: Admission; readonly named: ThreadRow | null },
): CommandContext {
  const { caller, deps, commandId } = run;
  const { role, displayName, agentVisibility, version } = admission;
  const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
  const grant = { role, displayName, agentVisibility, version };
  return { tx, caller, grant, ability, clock: deps.clock, commandId, presence: deps.presence, named };
}

async function recover<N extends CommandName>(run: Run<N>, error: unknown): Promise<Committed<N>> {
  const { command, caller, commandId, deps } = run;
  const isRefusal = error instanceof InboxError;
  if (!isRefusal && isBusy(error)) throw busy(deps, command.name, error);
  const isDefect = !isRefusal && classifyDatabaseError(error) === 'data';
  if (command.access === 'read' || commandId === null || isDefect) throw error;
  const admission = await findStored(run);
  if (admission?.stored == null) throw error;
  deps.log.debug({ command: command.name, memberId: caller.memberId }, 'A concurrent duplicate got the first result.');
  return fromStored(run, admission.stored);
}

async function findStored<N extends CommandName>({ deps, caller, commandId }: Run<N>): Promise<Admission | null> {
  const options = { readOnly: true, deadlineMs: deadlineOf(deps) };
  try {
    return await deps.database.asTenant(
      caller.tenantId,
      'command.stored',
      (tx) => readAdmission(tx, caller, commandId),
      options,
    );
  } catch (error) {
    deps.log.warn({ err: error }, 'A stored result could not be looked up.');
    return null;
  }
}
