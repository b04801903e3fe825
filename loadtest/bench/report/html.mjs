/** The result as one page that needs nothing else: a plot per figure, drawn as SVG, and the tables behind it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { MODES } from '../modes/modes.mjs';
import { pairedRatio, spread } from '../measure/stats.mjs';
import { valuesOf } from './table.mjs';

/** @typedef {import('../rounds.mjs').Round} Round */
/** @typedef {import('../modes/mode.mjs').Figure} Figure */

const COLORS = { floor: '#8a8f98', guarded: '#5b7db1', ours: '#0b8f5a', peer: '#c9772b' };
const WIDTH = 560;
const LABEL = 60;
const VALUE = 150;
const ROW = 26;

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c1e21; }
  h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem; } h3 { margin: 1rem 0 0; font-size: .9rem; font-weight: 600; }
  svg { display: block; max-width: 100%; } text { font: 12px system-ui, sans-serif; fill: currentColor; }
  .note { color: #5c6370; } .broken { color: #b3261e; font-weight: 600; } svg .dot { fill: #1c1e21; }
  @media (prefers-color-scheme: dark) {
    body { background: #16181c; color: #e4e6ea; } .note { color: #9aa1ab; } svg .dot { fill: #e4e6ea; }
  }
`;

/**
 * @param {string} dir
 * @param {{ at: string, machine: Record<string, string | number>, rounds: Round[] }} run
 * @returns {string} the file
 */
export function writeHtml(dir, run) {
  const file = join(dir, 'latest.html');
  writeFileSync(file, pageOf(run));
  return file;
}

/** @param {{ at: string, machine: Record<string, string | number>, rounds: Round[] }} run */
function pageOf({ at, machine, rounds }) {
  const modes = [...new Set(rounds.map(({ mode }) => mode))];
  const where = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Hunfly Inbox: benchmark</title><style>${STYLE}</style></head><body>
<h1>Benchmark</h1>
<p class="note">${escape(`${at} · ${where.join(' · ')}`)}</p>
<p>A bar is the median of the rounds, a dot each round. Only ratios within a round are worth comparing: the machine's
speed drifts. The floor is the least this path can cost, guarded the least with every promise kept, the peer what most teams would
build.</p>
${modes
  .map((mode) =>
    sectionOf(
      mode,
      rounds.filter((one) => one.mode === mode),
    ),
  )
  .join('\n')}
</body></html>
`;
}

/**
 * @param {string} mode
 * @param {Round[]} rounds
 */
function sectionOf(mode, rounds) {
  const { title = mode, figures = {} } = MODES[mode] ?? {};
  const systems = [...new Set(rounds.map(({ system }) => system))].sort();
  const plots = Object.entries(figures).map(([name, figure]) => plotOf(rounds, systems, name, figure));
  const broken = rounds.flatMap(({ system, round, cell }) =>
    cell.broken.map((text) => `<p class="broken">${escape(`${system}, round ${round + 1}: ${text}`)}</p>`),
  );
  const spoiled = rounds.filter((one) => one.spoiled !== null).length;
  const note =
    spoiled > 0 ? `<p class="note">${spoiled} of ${rounds.length} runs were spoiled by other programs.</p>` : '';
  return `<h2>${escape(title)}</h2>${note}${broken.join('')}${plots.join('')}`;
}

/**
 * @param {Round[]} rounds
 * @param {string[]} systems
 * @param {string} name
 * @param {Figure} figure
 */
function plotOf(rounds, systems, name, { title, digits = 0, better }) {
  const series = systems.map((system) => ({ system, values: valuesOf(rounds, system, name) }));
  const most = Math.max(...series.flatMap(({ values }) => values.filter(Number.isFinite)), Number.MIN_VALUE);
  const rows = series.map((one, index) => barOf(one, { y: index * ROW, most, digits }));
  const ratios = systems
    .filter((system) => system !== 'ours' && systems.includes('ours'))
    .map((system) => {
      const { median } = pairedRatio(valuesOf(rounds, 'ours', name), valuesOf(rounds, system, name));
      return `ours is ${median.toFixed(2)} × ${system}`;
    });
  return `<h3>${escape(title)} <span class="note">(${better} is better${ratios.map((text) => `; ${text}`).join('')})</span></h3>
<svg width="${LABEL + WIDTH + VALUE}" height="${systems.length * ROW}" role="img" aria-label="${escape(title)}">${rows.join('')}</svg>`;
}

/**
 * @param {{ system: string, values: number[] }} series
 * @param {{ y: number, most: number, digits: number }} scale
 */
function barOf({ system, values }, { y, most, digits }) {
  const { median, min, max } = spread(values.filter(Number.isFinite));
  const x = (/** @type {number} */ value) => (LABEL + (Math.max(0, value) / most) * WIDTH).toFixed(1);
  const range = min === max ? '' : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const color = COLORS[/** @type {keyof typeof COLORS} */ (system)];
  const dots = values
    .filter(Number.isFinite)
    .map((value) => `<circle class="dot" cx="${x(value)}" cy="${y + ROW / 2}" r="2"/>`);
  const width = Number.isFinite(median) ? (Number(x(median)) - LABEL).toFixed(1) : 0;
  return (
    `<text x="0" y="${y + 17}">${escape(system)}</text>` +
    `<rect x="${LABEL}" y="${y + 5}" width="${width}" height="${ROW - 10}" rx="2" fill="${color}"/>${dots.join('')}` +
    `<text x="${LABEL + WIDTH + 8}" y="${y + 17}">${escape(median.toFixed(digits) + range)}</text>`
  );
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
