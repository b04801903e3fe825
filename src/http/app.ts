/** The HTTP surface: which middleware runs in which order, and every route. */
import Router from '@koa/router';
import Koa from 'koa';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { registerApi, type ApiDeps } from './api.ts';
import { registerDocs } from './docs.ts';
import { mapErrors } from './errors.ts';
import { registerEvents, type EventsDeps } from './events.ts';
import { registerHealth, type HealthDeps } from './health.ts';
import { registerLogin } from './login.ts';
import { registerMedia, type MediaDeps } from './media.ts';
import { correlate, observe } from './observe.ts';
import { createLimiter, DEFAULT_BUDGETS, limitPerIp, type Budgets } from './rate-limit.ts';
import { crossOrigin, securityHeaders } from './security.ts';
import { proxySimulator } from './simulator-proxy.ts';
import { serveClient } from './static.ts';
import { registerWebhooks, type WebhookDeps } from './webhook.ts';

/** What the HTTP surface is built from. */
export type HttpDeps = Omit<ApiDeps, 'perTenant'> &
  Omit<EventsDeps, 'perTenant'> &
  Omit<MediaDeps, 'perTenant'> &
  WebhookDeps &
  HealthDeps & {
    readonly log: Logger;
    readonly metrics: Pick<Metrics, 'httpRequests' | 'httpRequestDuration'>;
    readonly corsOrigins: readonly string[];
    /** Folder of the built inbox; null = not served here. */
    readonly clientDir: string | null;
    readonly simulatorUrl: string | null;
    readonly budgets?: Budgets;
  };

/** All routes, for the app and for the test that compares them with the documents. */
export function createRouter(deps: HttpDeps): Router {
  const { redisVolatile, budgets = DEFAULT_BUDGETS } = deps;
  const perTenant = createLimiter(redisVolatile, 'tenant', budgets.perTenant);
  const router = new Router();
  registerWebhooks(router, deps);
  registerLogin(router, {
    sessions: deps.sessions,
    limits: {
      loginPerPerson: createLimiter(redisVolatile, 'login', budgets.loginPerPerson),
      loginPerIp: createLimiter(redisVolatile, 'login-ip', budgets.loginPerIp),
      loginOverall: createLimiter(redisVolatile, 'logins', budgets.loginOverall),
    },
  });
  registerApi(router, { ...deps, perTenant });
  registerEvents(router, { ...deps, perTenant });
  registerMedia(router, { ...deps, perTenant });
  registerHealth(router, deps);
  registerDocs(router);
  return router;
}

/** The app, outermost middleware first. */
export function createApp(deps: HttpDeps): Koa {
  const { log, metrics, redisVolatile, budgets = DEFAULT_BUDGETS } = deps;
  const router = createRouter(deps);
  const app = new Koa();
  app.use(correlate());
  app.use(observe(log, metrics));
  app.use(closeWhileDraining(deps.draining));
  app.use(mapErrors(log));
  app.use(securityHeaders({ https: deps.publicUrl?.startsWith('https:') === true }));
  app.use(crossOrigin(deps.corsOrigins));
  app.use(limitPerIp(createLimiter(redisVolatile, 'ip', budgets.perIp)));
  if (deps.simulatorUrl !== null) app.use(proxySimulator(deps.simulatorUrl, log));
  if (deps.clientDir !== null) app.use(serveClient(deps.clientDir));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Errors while a response is being written, e.g. a caller that has gone: not a defect, and never with content.
  app.on('error', (error: unknown) => {
    log.debug({ err: error }, 'A response could not be written to its end.');
  });
  return app;
}

/** A node that is going tells keep-alive callers to come back elsewhere. */
function closeWhileDraining(draining: () => boolean): Koa.Middleware {
  return async (ctx, next) => {
    if (draining()) ctx.set('connection', 'close');
    await next();
  };
}
