/** The script of the simulator's page. It sets message texts only as text, never as markup. */
export const PAGE_SCRIPT = String.raw`
const el = (id) => document.getElementById(id);
const EMOJI = ['👍', '❤️', '😂', '😮', '🙏'];
const SIGNS = { image: '📷 ', audio: '🎤 ', document: '📄 ' };
const TICKS = { accepted: '🕓', sent: '✓', delivered: '✓✓', read: '✓✓', played: '✓✓', failed: '✕' };
const view = { channel: null, customer: null, name: null, version: 0, quote: null, typing: false, drawn: '' };

async function call(path, json) {
  const init = json === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
  const response = await fetch('/simulator/api/' + path, init);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ? body.error.message : 'HTTP ' + response.status);
  return body;
}

let problemTimer = 0;
function problem(error) {
  el('problem').textContent = error.message;
  el('problem').hidden = false;
  clearTimeout(problemTimer);
  problemTimer = setTimeout(() => { el('problem').hidden = true; }, 5000);
}

function attempt(work) {
  return (event) => {
    if (event) event.preventDefault();
    Promise.resolve(work(event)).catch(problem);
  };
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function options(select, items, chosen) {
  const key = JSON.stringify([items, chosen]);
  if (select.dataset.key === key) return;
  select.dataset.key = key;
  select.replaceChildren(...items.map(([value, label]) => {
    const option = make('option', '', label);
    option.value = value;
    option.selected = value === chosen;
    return option;
  }));
}

function preview(last) {
  if (!last) return '';
  return (last.author === 'business' ? '↩ ' : '') + (SIGNS[last.kind] || '') + last.text;
}

function drawChats(state) {
  const known = new Set(state.chats.map((chat) => chat.customer));
  const idle = state.people.filter((person) => !known.has(person.phone)).map((person) => ({ customer: person.phone, name: person.name, last: null, unread: 0 }));
  const mine = view.customer && !known.has(view.customer) && !idle.some((one) => one.customer === view.customer)
    ? [{ customer: view.customer, name: view.name || view.customer, last: null, unread: 0 }] : [];
  el('chats').replaceChildren(...[...mine, ...state.chats, ...idle].map((chat) => {
    const item = make('li');
    const button = make('button', chat.last ? '' : 'idle');
    button.type = 'button';
    button.setAttribute('aria-current', String(chat.customer === view.customer));
    button.append(make('span', 'name', chat.name));
    if (chat.unread > 0) {
      const count = make('span', 'count', String(chat.unread));
      count.title = 'not read by the business yet';
      button.append(count);
    }
    button.append(make('span', 'last', chat.last ? preview(chat.last) : '+' + chat.customer));
    button.addEventListener('click', attempt(() => choose(chat.customer, chat.name)));
    item.append(button);
    return item;
  }));
}

function choose(customer, name) {
  stopTyping();
  Object.assign(view, { customer, name, version: 0, quote: null, drawn: '' });
  drawQuote();
  el('text').focus();
  return refresh();
}

function reactButtons(message) {
  const row = make('div', 'actions');
  for (const emoji of EMOJI) {
    const button = make('button', '', emoji);
    button.type = 'button';
    button.title = 'React as the customer';
    const next = message.reactions.customer === emoji ? '' : emoji;
    button.addEventListener('click', attempt(() => act('customer-reaction', { targetId: message.id, emoji: next })));
    row.append(button);
  }
  const reply = make('button', '', '↩');
  reply.type = 'button';
  reply.title = 'Answer to this message';
  reply.addEventListener('click', () => { view.quote = message; drawQuote(); el('text').focus(); });
  row.append(reply);
  return row;
}

function drawMessage(message, byId) {
  const item = make('li', message.author);
  if (message.quoteId) {
    const cited = byId.get(message.quoteId);
    item.append(make('div', 'cited', cited ? preview(cited) : 'an earlier message'));
  }
  if (SIGNS[message.kind] && message.author === 'customer') item.append(make('div', 'picture', SIGNS[message.kind]));
  item.append(make('div', 'text', message.text));
  const meta = make('div', 'meta', new Date(message.atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  const tick = make('span', 'tick ' + message.tick, TICKS[message.tick]);
  tick.title = message.tick;
  meta.append(tick);
  item.append(meta);
  const emoji = [message.reactions.customer, message.reactions.business].filter(Boolean).join('');
  if (emoji) item.append(make('span', 'emoji', emoji));
  item.append(reactButtons(message));
  return item;
}

function drawChat(chat) {
  const title = view.customer ? [make('bdi', '', chat ? chat.name : view.name || view.customer), ' ', make('bdi', 'number', '+' + view.customer)] : ['Choose a customer'];
  el('who').replaceChildren(...title);
  el('typing').textContent = chat && chat.typing ? 'the business is typing …' : '';
  const messages = chat ? chat.messages : [];
  const key = JSON.stringify(messages);
  if (key === view.drawn) return;
  view.drawn = key;
  const byId = new Map(messages.map((message) => [message.id, message]));
  const list = el('messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.replaceChildren(...messages.map((message) => drawMessage(message, byId)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function drawQuote() {
  el('quote').hidden = view.quote === null;
  if (view.quote === null) return;
  const close = make('button', '', '✕');
  close.type = 'button';
  close.setAttribute('aria-label', 'Do not answer to this message');
  close.addEventListener('click', () => { view.quote = null; drawQuote(); });
  el('quote').replaceChildren(make('span', '', '↩ ' + preview(view.quote)), close);
}

async function refresh() {
  const query = new URLSearchParams({ since: String(view.version) });
  if (view.channel) query.set('channel', view.channel);
  if (view.customer) query.set('customer', view.customer);
  const state = await call('state?' + query);
  el('dot').className = 'dot on';
  el('hooks').textContent = 'webhooks: ' + state.hooks.taken + ' taken, ' + state.hooks.open + ' under way' + (state.hooks.repeated ? ', ' + state.hooks.repeated + ' repeats' : '');
  if (state.unchanged) return;
  view.version = state.version;
  view.channel = state.channel;
  const names = state.accounts.map((one) => [one.channel, (one.name || one.channel) + '  +' + one.phone + '  (' + one.provider + ')']);
  options(el('account'), names, state.channel);
  options(el('mode'), [['none', 'not at all'], ...state.modes.map((mode) => [mode, mode])], state.standing[state.channel] || state.standing['*'] || 'none');
  drawChats(state);
  drawChat(state.chat);
}

function act(path, more) {
  if (!view.customer) throw new Error('Choose a customer first.');
  return call(path, { channel: view.channel, from: view.customer, ...more }).then(refresh);
}

let typingTimer = 0;
function stopTyping() {
  clearTimeout(typingTimer);
  if (!view.typing) return;
  view.typing = false;
  call('customer-typing', { channel: view.channel, from: view.customer, typing: false }).catch(problem);
}

el('text').addEventListener('input', () => {
  if (!view.customer) return;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, 4000);
  if (view.typing) return;
  view.typing = true;
  call('customer-typing', { channel: view.channel, from: view.customer, typing: true }).catch(problem);
});

async function sendMessage() {
  const text = el('text').value;
  const file = el('file').value;
  if (text.trim() === '' && !file) return;
  const more = { text, file, burst: Number(el('burst').value) || 1 };
  if (view.name) more.name = view.name;
  if (view.quote) more.quote = view.quote.id;
  view.typing = false;
  clearTimeout(typingTimer);
  await act('customer-message', more);
  el('text').value = '';
  el('burst').value = '1';
  el('file').value = '';
  view.quote = null;
  drawQuote();
  el('messages').scrollTop = el('messages').scrollHeight;
}

el('composer').addEventListener('submit', attempt(sendMessage));
el('text').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) attempt(sendMessage)(event);
});
el('new-customer').addEventListener('submit', attempt(() => {
  const phone = el('new-phone').value.replace(/[^0-9]/g, '');
  const name = el('new-name').value.trim() || '+' + phone;
  if (phone.length < 5) throw new Error('A phone number has at least 5 digits.');
  el('new-customer').reset();
  return choose(phone, name);
}));
el('account').addEventListener('change', attempt(() => {
  stopTyping();
  Object.assign(view, { channel: el('account').value, version: 0, quote: null, drawn: '' });
  drawQuote();
  return refresh();
}));
el('mode').addEventListener('change', attempt(async () => {
  await call('misbehave', { mode: el('mode').value, channel: view.channel });
  view.version = 0;
  await refresh();
}));
el('play').addEventListener('click', attempt(() => call('scenario', { name: el('scenario').value, channel: view.channel })));

call('scenarios').then(({ scenarios }) => options(el('scenario'), scenarios.map((name) => [name, name]), 'hello')).catch(problem);

async function loop() {
  try {
    if (!document.hidden) await refresh();
  } catch {
    el('dot').className = 'dot';
  }
  setTimeout(loop, 700);
}
loop();
`;
