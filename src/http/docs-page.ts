/** The files of /docs, with a script and a style of their own, so that they satisfy our content security policy. */

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Hunfly Inbox: interfaces</title>
    <link rel="stylesheet" href="/docs/page.css" />
    <script defer src="/docs/page.js"></script>
  </head>
  <body>
    <header>
      <h1>Hunfly Inbox</h1>
      <p>
        Generated from the schemas the server runs on: <a href="/openapi.json">openapi.json</a>,
        <a href="/asyncapi.json">asyncapi.json</a>.
      </p>
    </header>
    <main>
      <section aria-labelledby="rest"><h2 id="rest">REST</h2><div id="paths">Loading…</div></section>
      <section aria-labelledby="live"><h2 id="live">Socket</h2><div id="messages">Loading…</div></section>
    </main>
  </body>
</html>
`;

const SCRIPT = `'use strict';
function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}
function entry(title, summary, detail) {
  const details = element('details');
  const head = element('summary');
  head.append(element('code', title), ' ' + summary);
  details.append(head);
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(element('pre', JSON.stringify(detail, null, 2)));
  });
  return details;
}
async function show(target, url, entries) {
  const place = document.getElementById(target);
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(String(answer.status));
    place.replaceChildren(...entries(await answer.json()));
  } catch (error) {
    place.textContent = 'Could not be loaded: ' + error.message;
  }
}
show('paths', '/openapi.json', (api) =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => entry(method.toUpperCase() + ' ' + path, operation.summary, operation)),
  ),
);
show('messages', '/asyncapi.json', (api) =>
  Object.values(api.components.messages).map((message) => entry(message.name, message.summary, message.payload)),
);
`;

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; }
h1 { margin: 0; }
details { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.4rem 0; }
summary { cursor: pointer; }
code { font-weight: 600; }
pre { overflow: auto; max-height: 30rem; font-size: 0.85rem; }
`;

/** Name to content. */
export const DOCS_FILES = {
  'page.html': { type: 'text/html; charset=utf-8', text: PAGE },
  'page.js': { type: 'text/javascript; charset=utf-8', text: SCRIPT },
  'page.css': { type: 'text/css; charset=utf-8', text: STYLE },
} as const;
