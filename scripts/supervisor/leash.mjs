/**
 * Loaded first into every process of `npm start`. When the supervisor is gone, even if killed, the process stops in its
 * usual orderly way, and after ten seconds in any case. The channel to the supervisor does not keep the process alive.
 */
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), 10_000).unref();
  process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
