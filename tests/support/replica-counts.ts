/** Observes through the metric how reads were served; and a replica that is trusted whatever it has. */
import { metrics } from '../../src/platform/metrics.ts';
import type { Replica } from '../../src/platform/postgres-replica.ts';

/** The answer of a read and, for everything that was read meanwhile, where, or why not on the replica. */
export async function observed<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly by: string[] }> {
  const before = await counts();
  const answer = await read();
  const after = await counts();
  return { answer, by: [...after].filter(([result, n]) => n > (before.get(result) ?? 0)).map(([result]) => result) };
}

async function counts(): Promise<Map<string, number>> {
  const { values } = await metrics.dbReplicaReads.get();
  return new Map(values.map(({ labels, value }) => [String(labels.result), value]));
}

/** For negative controls: nobody checks what it has. */
export function credulous(replica: Replica): Replica {
  return {
    read: (tenantId, name, plan) =>
      replica.read(tenantId, name, async () => ({ ...(await plan()), standing: () => Promise.resolve('level') })),
    close: () => replica.close(),
  };
}
