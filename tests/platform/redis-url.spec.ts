import { describe, expect, it } from 'vitest';
import { isRedisCluster, redisNodes, withHost } from '../../src/platform/redis-url.ts';

describe('an address of Redis', () => {
  it.each([
    ['redis://localhost:6379', false, ['redis://localhost:6379']],
    ['rediss://u:p%40x@h:1/2', false, ['rediss://u:p%40x@h:1/2']],
    ['redis://a:7000,b:7001', true, ['redis://a:7000', 'redis://b:7001']],
    ['redis-cluster://:secret@a:7000,[::1]:7001/', true, ['redis://:secret@a:7000', 'redis://:secret@[::1]:7001']],
    ['rediss-cluster://config.example:6379', true, ['rediss://config.example:6379']],
  ])('%s is a cluster: %s', (url, isCluster, nodes) => {
    expect(isRedisCluster(url)).toBe(isCluster);
    expect(redisNodes(url)).toEqual(nodes);
  });

  it.each([
    'localhost',
    'http://a',
    'redis://',
    'redis://a:7000,',
    'redis://a:70000',
    'redis://a b',
    'redis-cluster://',
  ])('%s is none', (url) => {
    expect(redisNodes(url)).toEqual([]);
  });

  it('of another server keeps the credentials', () => {
    expect(withHost('rediss://u:p@a:7000', '10.0.0.1', 7001)).toBe('rediss://u:p@10.0.0.1:7001');
    expect(withHost('redis://a:7000', '::1', 7001)).toBe('redis://[::1]:7001');
  });
});
