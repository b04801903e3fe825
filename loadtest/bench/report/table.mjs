/** The result as text: a table per mode, medians with their spread, and the ratios within rounds. */
import { MODES } from '../modes/modes.mjs';
import { pairedRatio, spread } from '../measure/stats.mjs';

/** @typedef {import('../rounds.mjs').Round} Round */
/** @typedef {ReturnType<typeof spread>} Spread */

/**
 * @param {Round[]} rounds
 * @returns {string}
 */
export function printTable(rounds) {
  const modes = [...new Set(rounds.map(({ mode }) => mode))];
  return modes
    .map((mode) =>
      tableOf(
        mode,
        rounds.filter((one) => one.mode === mode),
      ),
    )
    .join('');
}

/**
 * @param {string} mode
 * @param {Round[]} rounds of that mode
 */
function tableOf(mode, rounds) {
  const figures = Object.entries(MODES[mode]?.figures ?? {});
  const systems = [...new Set(rounds.map(({ system }) => system))].sort();
  const head = ['', ...figures.map(([, { title }]) => title)];
  const rows = systems.map((system) => [
    system,
    ...figures.map(([name, { digits }]) => range(spread(valuesOf(rounds, system, name)), digits)),
  ]);
  const ratios = systems
    .filter((system) => system !== 'ours' && systems.includes('ours'))
    .map((system) => [
      `ours / ${system}`,
      ...figures.map(([name]) => range(pairedRatio(valuesOf(rounds, 'ours', name), valuesOf(rounds, system, name)), 2)),
    ]);
  const cpu = systems
    .map((system) => ({ system, parts: cpuOf(rounds, system) }))
    .map(({ system, parts }) =>
      parts === '' ? '' : `  ${MODES[mode]?.figures['cpu']?.title ?? 'CPU µs/msg'} of ${system}: ${parts}\n`,
    )
    .join('');
  const count = new Set(rounds.map(({ round }) => round)).size;
  const spoiled = rounds.filter((one) => one.spoiled !== null).length;
  const broken = rounds.flatMap(({ system, cell }) =>
    cell.broken.map((text) => `  ${system} broke a promise: ${text}\n`),
  );
  return (
    `\n${MODES[mode]?.title ?? mode}: median (min–max) of ${count} round${count === 1 ? '' : 's'}` +
    `${spoiled > 0 ? `, ${spoiled} of ${rounds.length} runs spoiled by others` : ''}\n${align([head, ...rows, ...ratios])}${cpu}` +
    broken.join('')
  );
}

/**
 * @param {Round[]} rounds
 * @param {string} system
 * @returns {string} median per process, the hungriest first
 */
function cpuOf(rounds, system) {
  const names = Object.keys(rounds.find((one) => one.system === system)?.cell.figures ?? {});
  return names
    .filter((name) => name.startsWith('cpu.'))
    .map((name) => ({ name: name.slice('cpu.'.length), value: spread(valuesOf(rounds, system, name)).median }))
    .sort((a, b) => b.value - a.value)
    .map(({ name, value }) => `${name} ${value.toFixed(0)}`)
    .join(', ');
}

/**
 * @param {Round[]} rounds
 * @param {string} system
 * @param {string} name
 * @returns {number[]} by round
 */
export function valuesOf(rounds, system, name) {
  return rounds
    .filter((one) => one.system === system)
    .sort((a, b) => a.round - b.round)
    .map(({ cell }) => cell.figures[name] ?? Number.NaN);
}

/**
 * @param {Spread} spread
 * @param {number} [digits]
 */
function range({ median, min, max }, digits = 0) {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

/** @param {string[][]} rows */
function align(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}\n`,
    )
    .join('');
}
