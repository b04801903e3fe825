/** Reads the plans of statements without running them. */
import type { Tx } from '../../src/platform/postgres.ts';

const STATEMENT = /^\s*(select|update|insert|with)\b/;

/** A transaction whose statements are explained instead of run; pieces of statements are left alone. */
export function explaining(tx: Tx, plans: string[]): Tx {
  return new Proxy(tx, {
    apply(target, self, args: unknown[]) {
      const [first, ...rest] = args as [TemplateStringsArray | object, ...unknown[]];
      const isStatement = Array.isArray(first) && 'raw' in first && STATEMENT.test(String(first[0]));
      if (!isStatement) return Reflect.apply(target, self, args) as unknown;
      const strings = [`explain ${String(first[0])}`, ...(first as readonly string[]).slice(1)];
      const template = Object.assign(strings, { raw: strings });
      const query = Reflect.apply(target, self, [template, ...rest]) as Promise<Record<string, string>[]>;
      return query.then((rows) => {
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return [];
      });
    },
  });
}
