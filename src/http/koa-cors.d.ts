/** The part of @koa/cors that is used; the package has no types. */
declare module '@koa/cors' {
  import type { Context, Middleware } from 'koa';

  function cors(options: {
    readonly origin: (ctx: Context) => string;
    readonly allowMethods: readonly string[];
    readonly allowHeaders: readonly string[];
    readonly exposeHeaders: readonly string[];
    readonly maxAge: number;
  }): Middleware;
  export = cors;
}
