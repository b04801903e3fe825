/** What a piece of work makes Postgres read, including inside functions, which EXPLAIN does not show. */
import postgres from 'postgres';
import type { Tx } from '../../src/platform/postgres.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * One node of an executed plan: `on` its table or index, `rows` all rows that it read, kept or not, over all its loops.
 */
export interface ReadNode {
  readonly type: string;
  readonly on: string;
  readonly rows: number;
}

function nodesOf(node: PlanNode): ReadNode[] {
  const perLoop =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const on = node['Index Name'] ?? node['Relation Name'] ?? '';
  const here = { type: node['Node Type'], on, rows: Math.round(perLoop * node['Actual Loops']) };
  return [here, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/**
 * Runs `work` as a member of the tenant would (or a round of its sends, or with `none` the owner of all), and returns the nodes of all its plans. The url's
 * user is a superuser.
 */
export async function readBy(
  url: string,
  tenantId: string,
  work: (tx: Tx) => Promise<unknown>,
  role: 'hunfly_app' | 'hunfly_round' | 'none' = 'hunfly_app',
): Promise<ReadNode[]> {
  const nodes: ReadNode[] = [];
  const onnotice = ({ message }: postgres.Notice): void => {
    const json = /^duration: [\d.]+ ms {2}plan:\s*(\{[\s\S]*)$/.exec(message ?? '')?.[1];
    if (json !== undefined) nodes.push(...nodesOf((JSON.parse(json) as { Plan: PlanNode }).Plan));
  };
  const sql = postgres(url, { max: 1, onnotice });
  try {
    await sql`load 'auto_explain'`;
    await sql`select set_config(name, value, false) from (values ('auto_explain.log_nested_statements', 'on'),
      ('auto_explain.log_analyze', 'on'), ('auto_explain.log_timing', 'off'), ('auto_explain.log_format', 'json'),
      ('client_min_messages', 'log'), ('auto_explain.log_min_duration', '0')) as settings (name, value)`;
    await sql.begin(async (tx) => {
      await tx`set local role ${tx(role)}`;
      await tx`select set_config(name, ${tenantId}, true) from unnest(array['app.tenant_id', 'app.tenant_ids']) name`;
      nodes.length = 0;
      await work(tx as unknown as Tx);
    });
  } finally {
    await sql.end();
  }
  return nodes;
}
