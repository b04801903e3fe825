/** Dummies: every system here lives for minutes, on loopback. */
export const SECRETS = {
  APP_JWT_SECRET: 'bench-jwt-secret-0123456789abcdef-0123456789',
  ENCRYPTION_KEY: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  META_APP_SECRET: 'bench_app_secret_0123456789abcdef',
};
