/** Messages of agents in tables shaped like ours. */
import postgres from 'postgres';

/**
 * @param {string} url of the database
 * @returns {Promise<number>}
 */
export async function outboundCount(url) {
  const sql = postgres(url, { max: 1 });
  try {
    const [row] = await sql`select count(*)::int as count from messages where direction = 'outbound'`;
    return row?.['count'] ?? 0;
  } finally {
    await sql.end();
  }
}
