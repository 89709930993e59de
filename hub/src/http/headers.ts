import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { HttpEnv } from './env.ts';

/** Everything comes from the hub itself. Mantine writes style elements and attributes, so styles may be inline; scripts never. */
export function pageHeaders(baseUrl: string): MiddlewareHandler<HttpEnv> {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      workerSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
    strictTransportSecurity: baseUrl.startsWith('https:') ? 'max-age=31536000; includeSubDomains' : false,
  });
}

/**
 * Goes around `pageHeaders`, whose policy it replaces on bytes that came from a camera: whatever they are, a browser that
 * opens them lets them do nothing.
 */
export const foreignBytes: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  if (c.get('foreign')) c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
};

/** Answers of the API are kept nowhere, but for those that say themselves how. */
export const noStore: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};
