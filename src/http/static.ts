/** The built web inbox. */
import type { Context, Middleware } from 'koa';
import send from 'send';
import { HttpRefusal } from './errors.ts';

/** Paths of ours that are never a page of the inbox. */
const NOT_A_PAGE = /^\/(api|socket\.io|health|metrics|docs|simulator|assets|openapi\.json|asyncapi\.json)(\/|$)/;

/**
 * Serves the files of `directory` as they are now, so that a page always finds the files it names, also when it was built
 * anew meanwhile. A browser's navigation to any other address gets the inbox's page, which reads the address itself.
 */
export function serveClient(directory: string): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.status !== 404 || ctx.body != null || ctx.respond === false) return;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return;
    if (await sendFile(ctx, directory, ctx.path)) return;
    if (isNavigation(ctx)) await sendFile(ctx, directory, '/index.html');
  };
}

/**
 * False when there is no such file. Files under /assets have their content's hash in their name and are kept for ever.
 * Rejects with the error that HTTP has for a malformed path, for one that leads outside, or for a failed precondition.
 */
function sendFile(ctx: Context, root: string, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Koa has put 404 there, which is nothing that a browser may have already.
    ctx.res.statusCode = 200;
    ctx.res.once('close', () => {
      ctx.respond = false;
      resolve(true);
    });
    const missing = (): void => {
      ctx.res.statusCode = 404;
      resolve(false);
    };
    send(ctx.req, path, { root, cacheControl: false, acceptRanges: false })
      .on('headers', () => {
        ctx.set('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      })
      .on('directory', missing)
      .on('error', (error: Error & { readonly status: number }) => {
        ctx.remove('cache-control');
        if (error.status === 404) missing();
        // What is outside is not told from what is not there.
        else if (error.status === 403) reject(new HttpRefusal('not_found', 'There is nothing at this address.'));
        else reject(error);
      })
      .pipe(ctx.res);
  });
}

function isNavigation(ctx: Context): boolean {
  return ctx.method === 'GET' && ctx.get('accept').includes('text/html') && !NOT_A_PAGE.test(ctx.path);
}
