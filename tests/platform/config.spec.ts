import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ConfigError, envExample, loadConfig } from '../../src/platform/config.ts';

const MINIMAL = {
  DATABASE_URL: 'postgres://hunfly@localhost:5432/hunfly',
  REDIS_URL: 'redis://localhost:6379',
  APP_JWT_SECRET: 'a'.repeat(32),
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
};

function problems(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return '';
}

describe('the configuration', () => {
  it('needs four variables and has safe defaults for the rest', () => {
    const config = loadConfig(MINIMAL);
    expect(config).toMatchObject({
      port: 3000,
      listenHost: null,
      shards: 16,
      outboundLeaseMs: 60_000,
      logLevel: 'info',
      databaseReplicaUrl: null,
      redisVolatileUrl: MINIMAL.REDIS_URL,
      demo: false,
      metricsToken: null,
      corsOrigins: [],
      media: { kind: 'disk' },
    });
    expect(config.encryptionKeys).toEqual([Buffer.alloc(32, 7)]);
  });

  it('names every missing variable at once, with an example', () => {
    const message = problems({});
    for (const name of Object.keys(MINIMAL))
      expect(message).toMatch(new RegExp(`${name} is missing. Example: ${name}=.+`));
  });

  it.each([
    ['PORT', 'http', 'must be a port number'],
    ['DATABASE_URL', 'mysql://x', 'must be a URL that starts with postgres://'],
    ['DATABASE_REPLICA_URL', 'replica:5432', 'must be a URL that starts with postgres://'],
    ['REDIS_URL', 'localhost', 'must be a URL that starts with redis://'],
    ['REDIS_URL', 'redis-cluster://a:7000,b:port', 'or redis-cluster:// with some nodes'],
    ['REDIS_URL', 'redis-sentinel://a:26379,b:26379', 'or redis-sentinel:// with the sentinels and ?name='],
    ['REDIS_VOLATILE_URL', 'redis-cluster://a:7000,b:port', 'or redis-cluster:// with some nodes'],
    ['APP_JWT_SECRET', 'short', 'at least 32 characters'],
    ['ENCRYPTION_KEY', 'c2hvcnQ=', 'must be 32 bytes in base64 or hex'],
    ['ENCRYPTION_KEY', `${'ab'.repeat(32)},`, 'must be 32 bytes in base64 or hex'],
    ['ENCRYPTION_KEY', Array(3).fill('ab'.repeat(32)).join(), 'may have at most 2 keys'],
    ['META_APP_SECRET', 'a,b,c', 'at most 2 values'],
    ['LOG_LEVEL', 'loud', 'must be one of'],
    ['SHARDS', '0', 'must be at least 1'],
    ['HUNFLY_OUTBOUND_LEASE_MS', 'soon', 'must be a number'],
    ['PUBLIC_URL', 'inbox.example.com', 'must be a URL'],
    ['CORS_ORIGINS', 'https://a.example,b.example', 'must be origins such as https://'],
    ['CORS_ORIGINS', 'https://a.example/inbox', 'must be origins such as https://'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'must be addresses or CIDR ranges'],
    ['TRUSTED_PROXIES', 'nginx', 'must be addresses or CIDR ranges'],
    ['DEMO', 'maybe', 'must be 1 or 0'],
  ])('refuses %s=%s and says why', (name, value, reason) => {
    const message = problems({ ...MINIMAL, [name]: value });
    expect(message).toContain(`${name} `);
    expect(message).toContain(reason);
    expect(message).toContain(`Example: ${name}=`);
    if (value.length > 5) expect(message).not.toContain(` ${value} `);
  });

  it('takes empty as absent', () => {
    expect(loadConfig({ ...MINIMAL, PUBLIC_URL: '', PORT: ' ' })).toMatchObject({ publicUrl: null, port: 3000 });
  });

  it('splits lists, trims slashes and accepts a hex key', () => {
    const config = loadConfig({
      ...MINIMAL,
      META_APP_SECRET: 'old, new',
      CORS_ORIGINS: 'https://a.example,https://b.example',
      PUBLIC_URL: 'https://inbox.example.com/',
      ENCRYPTION_KEY: `${'ab'.repeat(32)}, ${Buffer.alloc(32, 7).toString('base64')}`,
    });
    expect(config.meta.appSecrets).toEqual(['old', 'new']);
    expect(config.corsOrigins).toHaveLength(2);
    expect(config.publicUrl).toBe('https://inbox.example.com');
    expect(config.encryptionKeys).toEqual([Buffer.alloc(32, 0xab), Buffer.alloc(32, 7)]);
  });

  it('asks for all of S3 when a bucket is named', () => {
    expect(problems({ ...MINIMAL, S3_BUCKET: 'media' })).toContain('S3_ENDPOINT is missing, but S3_BUCKET is set');
  });

  it('takes a cluster for both, or for one of them', () => {
    const REDIS_URL = 'redis-cluster://a:7000,b:7000';
    expect(loadConfig({ ...MINIMAL, REDIS_URL })).toMatchObject({ redisUrl: REDIS_URL, redisVolatileUrl: REDIS_URL });
    for (const REDIS_VOLATILE_URL of ['redis://c', 'redis-cluster://c:7000,d:7000']) {
      const config = loadConfig({ ...MINIMAL, REDIS_URL, REDIS_VOLATILE_URL });
      expect(config).toMatchObject({ redisUrl: REDIS_URL, redisVolatileUrl: REDIS_VOLATILE_URL });
    }
  });

  it('takes of one server whatever its client understands', () => {
    for (const url of ['redis://a:6379/0?family=6', 'rediss://user:p@ss@a:6379']) {
      const config = loadConfig({ ...MINIMAL, REDIS_URL: url, REDIS_VOLATILE_URL: url });
      expect(config).toMatchObject({ redisUrl: url, redisVolatileUrl: url });
    }
  });

  it('takes the master of some sentinels for both', () => {
    const REDIS_URL = 'redis-sentinel://:secret@a:26379,b:26379/2?name=mymaster';
    expect(loadConfig({ ...MINIMAL, REDIS_URL })).toMatchObject({ redisUrl: REDIS_URL, redisVolatileUrl: REDIS_URL });
  });

  it('is described by .env.example, variable for variable', async () => {
    const committed = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
    expect(committed).toBe(envExample());
  });
});
