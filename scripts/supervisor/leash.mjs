/**
 * Loaded first into every process of `npm start`: when the supervisor is gone, even killed, the process ends in its
 * usual orderly way, and after ten seconds in any way. The channel to the supervisor keeps nobody alive by itself.
 */
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), 10_000).unref();
  process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
