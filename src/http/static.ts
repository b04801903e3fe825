/** The built web inbox. */
import type { Context, Middleware } from 'koa';
import sirv from 'sirv';

/** Paths of ours that are never a page of the inbox. */
const NOT_A_PAGE = /^\/(api|socket\.io|health|metrics|docs|simulator|assets|openapi\.json|asyncapi\.json)(\/|$)/;

/**
 * Serves the files of `directory`; a browser's navigation to any other address gets the inbox's page, which reads the
 * address itself. Files under /assets have their content's hash in their name and are kept for ever.
 */
export function serveClient(directory: string): Middleware {
  const serve = sirv(directory, {
    etag: true,
    setHeaders: (response, path) => {
      const forEver = path.startsWith('/assets/');
      response.setHeader('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return async (ctx, next) => {
    await next();
    if (ctx.status !== 404 || ctx.body != null || ctx.respond === false) return;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return;
    if (await hand(ctx, serve)) return;
    if (!isNavigation(ctx)) return;
    ctx.req.url = '/index.html';
    await hand(ctx, serve);
  };
}

/** True when the file server answered. */
function hand(ctx: Context, serve: ReturnType<typeof sirv>): Promise<boolean> {
  return new Promise((resolve) => {
    // Koa has put 404 there; the file server only sets a status where it differs from 200.
    ctx.res.statusCode = 200;
    ctx.res.once('close', () => {
      ctx.respond = false;
      resolve(true);
    });
    serve(ctx.req, ctx.res, () => {
      ctx.res.statusCode = 404;
      resolve(false);
    });
  });
}

function isNavigation(ctx: Context): boolean {
  return ctx.method === 'GET' && ctx.get('accept').includes('text/html') && !NOT_A_PAGE.test(ctx.path);
}
