/** The HTTP surface: all routes, and the order of the middleware. */
import Router from '@koa/router';
import Koa from 'koa';
import { registerApi, type ApiDeps } from './api.ts';
import type { ClientIp } from './client-ip.ts';
import { registerDocs } from './docs.ts';
import { mapErrors } from './errors.ts';
import { registerEvents, type EventsDeps } from './events.ts';
import { registerHealth, type HealthDeps } from './health.ts';
import { registerLogin, type LoginDeps } from './login.ts';
import { registerMedia, type MediaDeps } from './media.ts';
import { correlate, observe } from './observe.ts';
import { createLimiter, DEFAULT_BUDGETS, limitPerIp, type Budgets } from './rate-limit.ts';
import { crossOrigin, securityHeaders } from './security.ts';
import { proxySimulator } from './simulator-proxy.ts';
import { serveClient } from './static.ts';
import { registerReplyFiles, type ReplyFilesDeps } from './saved-reply-files.ts';
import { registerUpload, type UploadDeps } from './upload.ts';
import { answerUsualPaths, registerHandshake, registerWebhooks, type WebhookDeps } from './webhook.ts';

/** What the HTTP surface depends on. */
export type HttpDeps = Omit<ApiDeps, 'perTenant'> &
  Omit<EventsDeps, 'perTenant'> &
  Omit<MediaDeps, 'perTenant'> &
  Omit<UploadDeps, 'uploadsPerTenant'> &
  Omit<ReplyFilesDeps, 'perTenant' | 'uploadsPerTenant'> &
  WebhookDeps &
  HealthDeps &
  Pick<LoginDeps, 'changePassword'> & {
    readonly clientIp: ClientIp;
    readonly metaVerifyToken: string | null;
    readonly corsOrigins: readonly string[];
    /** Folder of the built web inbox; null: not served here. */
    readonly clientDir: string | null;
    readonly simulatorUrl: string | null;
    readonly budgets?: Budgets;
  };

/**
 * All routes, separated by audience: carriers, or people and their programs. The documentation's test reads them too.
 */
export function createRouters(deps: HttpDeps): { readonly webhooks: Router; readonly rest: Router } {
  const { redisVolatile, budgets = DEFAULT_BUDGETS } = deps;
  const perTenant = createLimiter(redisVolatile, 'tenant', budgets.perTenant);
  const webhooks = new Router({ sensitive: true });
  registerWebhooks(webhooks, deps);
  const rest = new Router({ sensitive: true });
  registerLogin(rest, {
    sessions: deps.sessions,
    changePassword: deps.changePassword,
    clientIp: deps.clientIp,
    limits: {
      loginPerPerson: createLimiter(redisVolatile, 'login', budgets.loginPerPerson),
      loginPerIp: createLimiter(redisVolatile, 'login-ip', budgets.loginPerIp),
      loginOverall: createLimiter(redisVolatile, 'logins', budgets.loginOverall),
    },
  });
  registerApi(rest, { ...deps, perTenant });
  registerEvents(rest, { ...deps, perTenant });
  registerMedia(rest, { ...deps, perTenant });
  const uploadsPerTenant = createLimiter(redisVolatile, 'uploads', budgets.uploadsPerTenant);
  registerUpload(rest, { ...deps, uploadsPerTenant });
  registerReplyFiles(rest, { ...deps, perTenant, uploadsPerTenant });
  registerHandshake(rest, deps);
  registerHealth(rest, deps);
  registerDocs(rest);
  return { webhooks, rest };
}

/** The app, outermost middleware first. */
export function createApp(deps: HttpDeps): Koa {
  const { log, redisVolatile, budgets = DEFAULT_BUDGETS } = deps;
  const { webhooks, rest } = createRouters(deps);
  const app = new Koa();
  // Carriers are not browsers, and the webhook middleware does everything they need.
  app.use(answerUsualPaths(deps));
  app.use(webhooks.routes());
  app.use(correlate());
  app.use(observe(deps));
  app.use(closeWhileDraining(deps.draining));
  app.use(mapErrors(log));
  app.use(securityHeaders({ https: deps.publicUrl?.startsWith('https:') === true }));
  app.use(crossOrigin(deps.corsOrigins));
  app.use(limitPerIp(createLimiter(redisVolatile, 'ip', budgets.perIp), deps.clientIp));
  if (deps.simulatorUrl !== null) app.use(proxySimulator(deps.simulatorUrl, log));
  if (deps.clientDir !== null) app.use(serveClient(deps.clientDir));
  app.use(rest.routes());
  app.use(rest.allowedMethods());
  // Errors while a response is being written, e.g. because the caller has gone: not a defect, and logged without
  // content.
  app.on('error', (error: unknown) => {
    log.debug({ err: error }, 'A response could not be written to its end.');
  });
  return app;
}

/** Tells keep-alive callers of a stopping node to reconnect elsewhere. */
function closeWhileDraining(draining: () => boolean): Koa.Middleware {
  return async (ctx, next) => {
    if (draining()) ctx.set('connection', 'close');
    await next();
  };
}
