/** The simulator's page, as files without inline code, so that it runs under a strict content security policy. */
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';

/** A file of the page. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>WhatsApp simulator</title>
    <link rel="stylesheet" href="/simulator/style.css" />
    <link rel="icon" type="image/svg+xml" href="/simulator/icon.svg" />
  </head>
  <body>
    <header>
      <h1><span class="dot" id="dot"></span>WhatsApp simulator</h1>
      <p class="lead">You are the customers. What you write here arrives in the inbox.</p>
      <div class="tools">
        <label>Scenario <select id="scenario"></select></label>
        <button id="play" type="button">Play</button>
        <label>Misbehave <select id="mode"></select></label>
        <span id="hooks" class="hooks" role="status"></span>
      </div>
    </header>
    <main>
      <aside>
        <label class="field">Number of the business <select id="account"></select></label>
        <form id="new-customer" class="new">
          <input id="new-phone" name="phone" placeholder="+1 555 010 0199" aria-label="Phone of a new customer" required />
          <input id="new-name" name="name" placeholder="Name" aria-label="Name of a new customer" />
          <button type="submit">Add</button>
        </form>
        <ul id="chats" class="chats" aria-label="Customers"></ul>
      </aside>
      <section class="chat" aria-label="Chat">
        <div class="title">
          <span id="who">Choose a customer</span>
          <span id="typing" class="typing" aria-live="polite"></span>
        </div>
        <ol id="messages" class="messages" aria-label="Messages"></ol>
        <div id="quote" class="quote" hidden></div>
        <form id="composer" class="composer">
          <textarea id="text" rows="1" dir="auto" placeholder="Write as the customer" aria-label="Message"></textarea>
          <label class="burst" title="Send several at once">× <input id="burst" type="number" min="1" max="1000" value="1" aria-label="How many" /></label>
          <select id="file" aria-label="File to send with this caption"><option value="">text</option><option value="image">📷</option><option value="audio">🎤</option><option value="document">📄</option></select>
          <button type="submit">Send</button>
        </form>
      </section>
    </main>
    <p id="problem" class="problem" role="alert" hidden></p>
    <script src="/simulator/app.js" type="module"></script>
  </body>
</html>
`;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <path fill="#0f7a5a" d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H14l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z" />
</svg>
`;

const file = (type: string, content: string): PageFile => {
  const headers = {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  };
  return { headers, content };
};

const FILES = new Map<string, PageFile>([
  ['/simulator', file('text/html', HTML)],
  ['/simulator/', file('text/html', HTML)],
  ['/simulator/style.css', file('text/css', PAGE_STYLE)],
  ['/simulator/icon.svg', file('image/svg+xml', ICON)],
  ['/simulator/app.js', file('text/javascript', PAGE_SCRIPT)],
]);

/** The file behind a path of the page; null for any other path. */
export function pageFile(path: string): PageFile | null {
  return FILES.get(path === '/' ? '/simulator' : path) ?? null;
}
