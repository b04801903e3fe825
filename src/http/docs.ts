/** The generated documents, and a page that shows them without loading anything from elsewhere. */
import type Router from '@koa/router';
import { asyncApiDocument } from './asyncapi.ts';
import { DOCS_FILES } from './docs-page.ts';
import { HttpRefusal } from './errors.ts';
import { openApiDocument } from './openapi.ts';

/** Adds `/openapi.json`, `/asyncapi.json`, `/docs` and the page's files. Documents are built on first request. */
export function registerDocs(router: Router): void {
  serveDocument(router, '/openapi.json', openApiDocument);
  serveDocument(router, '/asyncapi.json', asyncApiDocument);
  router.get('/docs', (ctx) => {
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = DOCS_FILES['page.html'].text;
  });
  router.get('/docs/:file', (ctx) => {
    const file = Object.entries(DOCS_FILES).find(([name]) => name === ctx.params['file'])?.[1];
    if (file === undefined) throw new HttpRefusal('not_found', 'There is no such file.');
    ctx.type = file.type;
    ctx.body = file.text;
  });
}

function serveDocument(router: Router, path: string, build: () => unknown): void {
  let text: string | undefined;
  router.get(path, (ctx) => {
    text ??= JSON.stringify(build());
    ctx.type = 'application/json; charset=utf-8';
    ctx.body = text;
  });
}
