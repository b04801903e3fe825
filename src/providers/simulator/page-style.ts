/** Style of the simulator's page, light and dark. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --bg: #eef1f0; --panel: #ffffff; --line: #d9dfdc; --ink: #14201b; --soft: #5c6b64; --accent: #0f7a5a;
  --accent-ink: #ffffff; --mine: #d8f5df; --theirs: #ffffff; --wall: #e6ebe3; --read: #1688c9; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0e1512; --panel: #16201c; --line: #27342e; --ink: #e7efeb; --soft: #93a49b; --accent: #2fb489;
    --accent-ink: #06251a; --mine: #11493a; --theirs: #1f2b26; --wall: #0b110f; --read: #5cc1f2; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid; grid-template-rows: auto 1fr; background: var(--bg); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
}
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; padding: 10px 16px; background: var(--panel); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 17px; display: flex; align-items: center; gap: 8px; }
.dot { width: 9px; height: 9px; border-radius: 50%; background: var(--bad); }
.dot.on { background: var(--accent); }
.lead { margin: 0; color: var(--soft); flex: 1 1 220px; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.tools label, .field { color: var(--soft); font-size: 13px; }
.hooks { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
main { display: grid; grid-template-columns: minmax(220px, 320px) 1fr; min-height: 0; }
aside { display: flex; flex-direction: column; min-height: 0; background: var(--panel); border-inline-end: 1px solid var(--line); }
.field { display: grid; gap: 4px; padding: 12px 12px 6px; }
.new { display: grid; grid-template-columns: 1fr 1fr auto; gap: 6px; padding: 6px 12px 12px; border-bottom: 1px solid var(--line); }
input, select, textarea, button { font: inherit; color: inherit; border: 1px solid var(--line); border-radius: 8px; background: var(--bg); padding: 6px 9px; min-width: 0; }
button { background: var(--accent); color: var(--accent-ink); border-color: transparent; cursor: pointer; font-weight: 600; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.chats { list-style: none; margin: 0; padding: 6px; overflow: auto; flex: 1; }
.chats button { display: grid; grid-template-columns: 1fr auto; width: 100%; text-align: start; gap: 0 8px; background: none; color: inherit; font-weight: 400; padding: 8px 10px; }
.chats button:hover { background: var(--bg); filter: none; }
.chats button[aria-current='true'] { background: var(--mine); }
.chats .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: plaintext; }
.chats .last { grid-column: 1 / -1; color: var(--soft); font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: plaintext; }
.chats .count { align-self: center; font-size: 12px; padding: 0 7px; border-radius: 10px; background: var(--line); }
.chats .idle { color: var(--soft); }
.chat { display: grid; grid-template-rows: auto 1fr auto auto; min-height: 0; background: var(--wall); }
.title { display: flex; gap: 12px; align-items: baseline; padding: 10px 16px; background: var(--panel); border-bottom: 1px solid var(--line); font-weight: 600; }
.number { color: var(--soft); font-weight: 400; font-size: 13px; }
.typing { color: var(--accent); font-weight: 400; font-size: 13px; }
.messages { list-style: none; margin: 0; padding: 16px; overflow: auto; display: flex; flex-direction: column; gap: 8px; }
.messages li { max-width: min(70%, 560px); padding: 7px 11px; border-radius: 12px; background: var(--theirs); box-shadow: 0 1px 1px rgb(0 0 0 / 12%); align-self: flex-start; position: relative; }
.messages li.customer { align-self: flex-end; background: var(--mine); }
.messages .text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.messages .picture { display: grid; place-items: center; height: 110px; min-width: 180px; border-radius: 8px; background: var(--line); font-size: 34px; margin-bottom: 4px; }
.messages .cited { border-inline-start: 3px solid var(--accent); padding-inline-start: 8px; margin-bottom: 4px; color: var(--soft); font-size: 13px; max-height: 3em; overflow: hidden; unicode-bidi: plaintext; }
.messages .meta { display: flex; gap: 6px; justify-content: flex-end; color: var(--soft); font-size: 11px; margin-top: 2px; }
.tick.read, .tick.played { color: var(--read); }
.tick.failed { color: var(--bad); }
.messages .emoji { position: absolute; bottom: -10px; inset-inline-start: 10px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 0 5px; font-size: 13px; }
.actions { position: absolute; top: -14px; inset-inline-end: 6px; display: none; gap: 2px; background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: 1px 4px; }
.messages li:hover .actions, .messages li:focus-within .actions { display: flex; }
.actions button { background: none; border: 0; padding: 0 3px; font-weight: 400; color: inherit; }
.quote { display: flex; justify-content: space-between; gap: 8px; padding: 6px 16px; background: var(--panel); border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
.quote[hidden] { display: none; }
.quote button { background: none; color: inherit; border: 0; padding: 0 4px; }
.composer { display: flex; gap: 8px; align-items: end; padding: 10px 16px; background: var(--panel); border-top: 1px solid var(--line); }
.composer textarea { flex: 1; resize: none; max-height: 30vh; field-sizing: content; }
.burst { display: flex; align-items: center; gap: 4px; color: var(--soft); }
.burst input[type='number'] { width: 64px; }
.problem { position: fixed; bottom: 76px; left: 50%; transform: translateX(-50%); margin: 0; padding: 8px 14px; border-radius: 10px; background: var(--bad); color: #fff; }
.problem[hidden] { display: none; }
@media (max-width: 720px) {
  main { grid-template-columns: 1fr; grid-template-rows: minmax(140px, 34%) 1fr; }
  .messages li { max-width: 88%; }
}
`;
