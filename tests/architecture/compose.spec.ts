import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { VARIABLES } from '../../src/platform/config-variables.ts';

interface Service {
  image?: string;
  command?: string[];
  restart?: string;
  logging?: { driver?: string };
  environment?: Record<string, string>;
  healthcheck?: unknown;
  build?: { dockerfile: string };
  depends_on?: Record<string, { condition: string }>;
}
interface Compose {
  services: Record<string, Service>;
  configs: Record<string, { content: string }>;
}
interface Schema {
  properties: Record<string, unknown>;
  definitions: { config: { properties: Record<string, unknown> } };
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

/** The stored schema, with the keys that came later: `name` (Compose 2.3) and a config's `content` (2.23). */
function validator() {
  const file = readFileSync(join(import.meta.dirname, 'fixtures', 'compose-spec.json'), 'utf8');
  const schema = JSON.parse(file.replace(/"id": "[^"]*",/g, '')) as Schema; // an old name of $id that ajv refuses
  schema.properties['name'] = { type: 'string' };
  schema.definitions.config.properties['content'] = { type: 'string' };
  const ajv = new Ajv2019({ strict: false, validateSchema: false, allErrors: true });
  ajv.addFormat('duration', /^(\d+(ms|us|s|m|h))+$/);
  for (const format of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(format, true);
  return ajv.compile(schema);
}

describe('docker-compose.yml', () => {
  it('is valid by the Compose Specification', () => {
    const validate = validator();
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('would be refused with a misspelt key (the check above can fail)', () => {
    const validate = validator();
    expect(validate({ services: { a: { image: 'x', healthcheck: { interval: '3s' } } } })).toBe(true);
    expect(validate({ services: { a: { image: 'x', heathcheck: { interval: '3s' } } } })).toBe(false);
  });

  it('waits only for services that exist, and for health only where there is a check', () => {
    for (const [name, service] of services) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const other = compose.services[needed];
        expect(other, `${name} waits for ${needed}`).toBeDefined();
        if (condition === 'service_healthy') expect(other?.healthcheck, `${needed} has a health check`).toBeDefined();
        if (condition === 'service_completed_successfully') expect(other?.restart).toBe('no');
      }
    }
  });

  it('keeps the end of each log, however much is said', () => {
    expect(services.filter(([, { logging }]) => logging?.driver !== 'local').map(([name]) => name)).toEqual([]);
  });

  it('holds no secret, and refuses to start without one', () => {
    for (const [name, service] of services) {
      for (const [variable, value] of Object.entries(service.environment ?? {})) {
        if (!/SECRET|PASSWORD|TOKEN|KEY|AUTH|_URL$/.test(variable)) continue;
        expect(value, `${name}: ${variable}`).toMatch(/\$\{[A-Z0-9_]+(:\?.+|:-)\}/);
      }
    }
  });

  it('keeps the streams durable before an answer and never evicts them', () => {
    const command = (compose.services['redis']?.command ?? []).join(' ');
    expect(command).toContain('--appendonly yes --appendfsync always');
    expect(command).toContain('--maxmemory-policy noeviction');
  });

  it('runs every consumer there is, and two gateway nodes', () => {
    const commands = services.map(([, service]) => (service.command ?? []).join(' '));
    expect(commands.filter((command) => command.endsWith('cli.js gateway'))).toHaveLength(2);
    const folder = join(ROOT, 'consumers');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.ts')) : [];
    for (const file of files) {
      expect(commands).toContain(`node dist/cli.js consumer ${file.replace(/\.ts$/, '')}`);
    }
  });

  it('balances over exactly the gateway nodes, and shows nobody the metrics', () => {
    const config = compose.configs['balancer']?.content ?? '';
    const nodes = services.map(([name]) => name).filter((name) => name.startsWith('gateway-'));
    expect([...config.matchAll(/server (gateway-\d+):3000/g)].map(([, name]) => name)).toEqual(nodes);
    expect(config).toContain('location = /metrics { return 404; }');
    expect(config.replaceAll('$$', '')).not.toContain('$'); // a single one would be taken for a Compose variable
  });

  it('sets only variables that the processes read, and every one they cannot do without', () => {
    const gateway = compose.services['gateway-1']?.environment ?? {};
    const known = VARIABLES.map(({ name }) => name);
    expect(Object.keys(gateway).filter((name) => !known.includes(name))).toEqual([]);
    const required = VARIABLES.filter((variable) => variable.required).map(({ name }) => name);
    expect(Object.keys(gateway)).toEqual(expect.arrayContaining(required));
  });

  it('builds one image, whose processes do not run as root', () => {
    const files = new Set(services.flatMap(([, service]) => service.build?.dockerfile ?? []));
    expect([...files]).toEqual(['scripts/Dockerfile']);
    const dockerfile = readFileSync(join(ROOT, 'scripts', 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/^USER node$/m);
    for (const [, source = ''] of dockerfile.matchAll(/^COPY (?!--from)([^ ]+) /gm)) {
      expect(['.', 'sql'].includes(source) || existsSync(join(ROOT, source)), source).toBe(true);
    }
  });
});
