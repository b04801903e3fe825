import { describe, expect, it } from 'vitest';
import { isRedisCluster, redisNodes, sentinelGroup, withHost } from '../../src/platform/redis-url.ts';

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

describe('an address of sentinels', () => {
  it('says whom to ask, for whom, and with which credentials', () => {
    expect(
      sentinelGroup('redis-sentinel://u:p%40x@a:26379,[::1]:7001,b/2?name=my%20master&sentinel-password=s'),
    ).toEqual({
      sentinels: [
        { host: 'a', port: 26379 },
        { host: '::1', port: 7001 },
        { host: 'b', port: 26379 },
      ],
      ...{ name: 'my master', username: 'u', password: 'p@x', sentinelPassword: 's', db: 2, isSecured: false },
    });
    expect(sentinelGroup('rediss-sentinel://:p@a?name=m')).toMatchObject({ isSecured: true, password: 'p', db: 0 });
  });

  it('is neither one server nor a cluster', () => {
    const url = 'redis-sentinel://a,b?name=m';
    expect([isRedisCluster(url), redisNodes(url)]).toEqual([false, []]);
  });

  it.each([
    'redis://a?name=m',
    'redis-sentinel://a,b',
    'redis-sentinel://a,b?name=',
    'redis-sentinel://?name=m',
    'redis-sentinel://a:70000?name=m',
    'redis-sentinel://a,?name=m',
    'redis-sentinel://a/x?name=m',
  ])('%s is none', (url) => {
    expect(sentinelGroup(url)).toBeNull();
  });
});
