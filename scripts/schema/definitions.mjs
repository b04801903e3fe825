/**
 * Cuts the current definition of every function and view from the migrations, for `sql/functions/` and `sql/views/`.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('postgres').ISql<{}>} Query runs one statement per tagged template */

/** A comment, then drops of versions with other arguments, then the statement up to its final semicolon. */
const DEFINITION =
  /^((?:--.*\n)*)(?:drop function .*;\n)?create (?:or replace )?(function|view) (\w+)((?:--.*|'[^']*'|\$\$[\s\S]*?\$\$|[^;$])*;)/gm;

/**
 * What a migrated database has, each with its text from the newest migration that defines it. Throws where there are several
 * functions of one name, or none of the migrations writes one down whole.
 *
 * @param {Query} sql
 * @param {string} directory of the migrations
 * @returns {Promise<Map<string, string>>} by file below sql/, as "functions/iso.sql"; running one changes nothing
 */
export async function cutDefinitions(sql, directory) {
  const newest = newestDefinitions(directory);
  const cut = new Map();
  for (const file of await definedFiles(sql)) {
    if (cut.has(file)) throw new Error(`There are several of sql/${file}: drop the one with the other arguments.`);
    const text = newest.get(file);
    if (text === undefined) throw new Error(`No migration writes down whole what sql/${file} would hold.`);
    cut.set(file, text);
  }
  return cut;
}

/**
 * Replaces what is there.
 *
 * @param {string} directory sql/
 * @param {Map<string, string>} cut
 */
export function writeDefinitions(directory, cut) {
  for (const folder of ['functions', 'views']) {
    rmSync(join(directory, folder), { recursive: true, force: true });
    mkdirSync(join(directory, folder));
  }
  for (const [file, text] of cut) writeFileSync(join(directory, file), text);
}

/** @param {string} directory */
function newestDefinitions(directory) {
  /** @type {Map<string, string>} */
  const newest = new Map();
  for (const migration of readdirSync(directory).sort()) {
    const found = readFileSync(join(directory, migration), 'utf8').matchAll(DEFINITION);
    for (const [, comment = '', kind, name, rest] of found) {
      const origin = `-- Cut from migrations/${migration} by scripts/dump-schema.mjs: change it by a new migration.\n`;
      newest.set(`${kind}s/${name}.sql`, `${origin}\n${comment}create or replace ${kind} ${name}${rest}\n`);
    }
  }
  return newest;
}

/**
 * Without those of extensions.
 *
 * @param {Query} sql
 * @returns {Promise<string[]>}
 */
async function definedFiles(sql) {
  const rows = await sql`
    select 'functions/' || p.proname || '.sql' as file from pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    union all
    select 'views/' || c.relname || '.sql' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
    order by 1`;
  return rows.map(({ file }) => file);
}
