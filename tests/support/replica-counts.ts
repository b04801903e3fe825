/** How reads were served, by the metric, and a replica that is believed whatever it has. */
import { metrics } from '../../src/platform/metrics.ts';
import type { Replica } from '../../src/platform/postgres-replica.ts';

/** What a read answers and, of everything that was read meanwhile, where, or why not there. */
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

/** For controls: nobody asks it what it has. */
export function credulous(replica: Replica): Replica {
  return {
    read: (tenantId, name, plan) =>
      replica.read(tenantId, name, async () => ({ ...(await plan()), standing: () => Promise.resolve('level') })),
    close: () => replica.close(),
  };
}
