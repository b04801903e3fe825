/** The agents who look on: one per tenant, spread over the gateways. */
import { DIALECTS } from './dialects.mjs';

/**
 * @param {import('./driver.mjs').Plan} plan
 * @param {(messages: import('./ledger.mjs').Shown[], nowMs: number) => void} onSeen
 * @returns {Promise<{ close: () => void }>} when all are live
 */
export async function openScreens({ doors, tokens }, onSeen) {
  const { ports, dialect } = doors.screens;
  const { open, event, messagesOf } = DIALECTS[dialect];
  const sockets = await Promise.all(
    tokens.map((token, index) =>
      open({
        port: ports[index % ports.length] ?? 0,
        token,
        onEvent(name, payload, nowMs) {
          if (name === event) onSeen(messagesOf(payload), nowMs);
        },
      }),
    ),
  );
  return { close: () => sockets.forEach((socket) => socket.close()) };
}
