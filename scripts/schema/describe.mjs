/** Reads a database's catalogs into one readable text, for `sql/schema.sql`. */

/** @typedef {import('postgres').ISql<{}>} Query runs one statement per tagged template */

const HEADER = `-- What the migrations add up to, read from the catalogs. Nothing runs this file: it is here to be read and compared.
-- Made by: node scripts/dump-schema.mjs. A test compares it with a freshly migrated database.
-- Bodies of functions are in functions/, definitions of views in views/.
`;

/**
 * @param {Query} sql
 * @returns {Promise<string>} the whole text, the same for the same schema
 */
export async function describeSchema(sql) {
  const sections = [
    await extensions(sql),
    await types(sql),
    await tables(sql),
    await views(sql),
    await functions(sql),
    await grants(sql),
  ];
  return `${HEADER}\n${sections.filter((section) => section !== '').join('\n')}`;
}

/** @param {Query} sql */
async function extensions(sql) {
  const rows = await sql`select extname as name from pg_extension where extname <> 'plpgsql' order by 1`;
  return rows.map(({ name }) => `create extension ${name};\n`).join('');
}

/** @param {Query} sql */
async function types(sql) {
  const rows = await sql`
    select t.typname as name, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as columns
    from pg_type t join pg_class c on c.oid = t.typrelid and c.relkind = 'c' join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where t.typnamespace = 'public'::regnamespace group by t.typname order by 1`;
  return rows.map(({ name, columns }) => `create type ${name} as (${columns});\n`).join('');
}

/** @param {Query} sql */
async function tables(sql) {
  const rows = await sql`
    select c.oid::int4 as oid, c.relname as name, c.relrowsecurity as secured, pg_get_partkeydef(c.oid) as key,
      array_to_string(c.reloptions, ', ') as options,
      (select p.inhparent::regclass::text || ' ' || pg_get_expr(c.relpartbound, c.oid) from pg_inherits p where p.inhrelid = c.oid) as parent
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname`;
  const texts = [];
  for (const row of /** @type {readonly any[]} */ (rows)) {
    texts.push(row.parent ? partition(row) : await table(sql, row));
  }
  return texts.join('\n');
}

/** @param {{ name: string, parent: string }} row */
function partition({ name, parent }) {
  return `create table ${name} partition of ${parent.toLowerCase()};\n`;
}

/**
 * @param {Query} sql
 * @param {{ oid: number, name: string, secured: boolean, key: string | null, options: string | null }} row
 */
async function table(sql, { oid, name, secured, key, options }) {
  const lines = [...(await columns(sql, oid)), ...(await constraints(sql, oid))];
  const tail = `${key ? ` partition by ${key.toLowerCase()}` : ''}${options ? ` with (${options})` : ''}`;
  const body = `create table ${name} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)${tail};\n`;
  const security = secured ? `alter table ${name} enable row level security;\n` : '';
  return `${body}${await indexes(sql, oid)}${security}${await policies(sql, name)}`;
}

/**
 * @param {Query} sql
 * @param {number} oid
 * @returns {Promise<string[]>}
 */
async function columns(sql, oid) {
  const rows = await sql`
    select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when l.collname is not null and l.collname <> 'default' then ' collate "' || l.collname || '"' else '' end
      || case when a.attidentity <> '' then ' generated always as identity' else '' end
      || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_collation l on l.oid = a.attcollation
    where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped order by a.attnum`;
  return rows.map(({ line }) => line);
}

/**
 * @param {Query} sql
 * @param {number} oid
 * @returns {Promise<string[]>}
 */
async function constraints(sql, oid) {
  const rows = await sql`
    select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line from pg_constraint
    where conrelid = ${oid} and contype <> 'n' order by array_position(array['p', 'u', 'f', 'c'], contype::text), conname`;
  return rows.map(({ line }) => line);
}

/**
 * Those that no constraint brings with it.
 *
 * @param {Query} sql
 * @param {number} oid
 */
async function indexes(sql, oid) {
  const rows = await sql`
    select replace(pg_get_indexdef(i.indexrelid), ' public.', ' ') as line from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = ${oid} and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid) order by c.relname`;
  return rows.map(({ line }) => `${line};\n`).join('');
}

/**
 * @param {Query} sql
 * @param {string} name
 */
async function policies(sql, name) {
  const rows = await sql`
    select policyname as policy, array_to_string(roles, ', ') as roles, lower(cmd) as command, qual, with_check as checked from pg_policies
    where schemaname = 'public' and tablename = ${name} order by 1`;
  return rows
    .map(({ policy, roles, command, qual, checked }) => {
      const check = checked ? ` with check ${checked}` : '';
      return `create policy ${policy} on ${name} for ${command} to ${roles} using ${qual}${check};\n`;
    })
    .join('');
}

/** @param {Query} sql */
async function views(sql) {
  const rows = await sql`
    select c.relname as name, array_to_string(c.reloptions, ', ') as options,
      string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' group by c.relname, c.reloptions order by 1`;
  return rows.map(({ name, options, columns }) => `-- view ${name} (${columns}) with (${options ?? ''})\n`).join('');
}

/**
 * Without those of extensions.
 *
 * @param {Query} sql
 */
async function functions(sql) {
  const rows = await sql`
    select p.proname as name, pg_get_function_arguments(p.oid) as args, pg_get_function_result(p.oid) as result, l.lanname as language,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility, p.prosecdef as definer,
      coalesce(array_to_string(p.proconfig, ', '), '') as settings
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    order by 1, 2`;
  return rows
    .map(({ name, args, result, language, volatility, definer, settings }) => {
      const how = [
        language,
        volatility,
        ...(definer ? ['security definer'] : []),
        ...(settings ? [`set ${settings}`] : []),
      ];
      return `-- function ${name}(${args}) returns ${result}; ${how.join(', ')}\n`;
    })
    .join('');
}

/**
 * What the roles that serve users may do. Whole tables first, single columns where only those are granted.
 *
 * @param {Query} sql
 */
async function grants(sql) {
  const whole = await sql`
    select grantee, table_name as name, string_agg(lower(privilege_type), ', ' order by privilege_type) as rights
    from information_schema.role_table_grants
    where grantee in ('hunfly_app', 'hunfly_round') and table_schema = 'public' group by 1, 2 order by 1, 2`;
  const single = await sql`
    select g.grantee, g.table_name as name, lower(g.privilege_type) as right,
      string_agg(g.column_name, ', ' order by g.column_name) as columns
    from information_schema.role_column_grants g
    where g.grantee in ('hunfly_app', 'hunfly_round') and g.table_schema = 'public' and not exists (
      select 1 from information_schema.role_table_grants t
      where t.grantee = g.grantee and t.table_name = g.table_name and t.privilege_type = g.privilege_type)
    group by 1, 2, 3 order by 1, 2, 3`;
  return [
    ...whole.map(({ grantee, name, rights }) => `grant ${rights} on ${name} to ${grantee};\n`),
    ...single.map(({ grantee, name, right, columns }) => `grant ${right} (${columns}) on ${name} to ${grantee};\n`),
  ].join('');
}
