import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bodyLimit } from 'hono/body-limit';
import type { Users } from '../users/users.ts';
import { access } from './access.ts';
import { activityRoutes } from './activity.ts';
import { certificateRoutes } from './certificates.ts';
import { clientAddress, isLoopback } from './client-address.ts';
import { dashboardRoutes } from './dashboard.ts';
import { destinationRoutes } from './destinations.ts';
import { deviceRoutes } from './devices.ts';
import { drillRoutes } from './drills.ts';
import { type HttpContext, newRoutes } from './env.ts';
import { foreignBytes, noStore, pageHeaders } from './headers.ts';
import { healthRoutes } from './health.ts';
import { jobRoutes } from './jobs.ts';
import { createGuessLimits, type Limits } from './limits.ts';
import { BEAT_MS, liveRoutes } from './live.ts';
import { type ApiDocument, describeApi, openApiRoutes } from './openapi.ts';
import { ownOrigin } from './origin.ts';
import { pictureRoutes } from './pictures.ts';
import { problemOf } from './problems.ts';
import { reportRoutes } from './reports.ts';
import { scheduleRoutes } from './schedules.ts';
import type { HubServices } from './services.ts';
import { authRoutes, sessionRoutes } from './session.ts';
import { setupRoutes } from './setup.ts';
import { userRoutes } from './users.ts';

const BODY_BYTES_MAX = 1024 * 1024;

export type HttpOptions = {
  services: HubServices;
  users: Users;
  /** The folder of the built dashboard. */
  web: { folder: string };
  /** The address that browsers use; only pages of this origin may change anything. */
  baseUrl: string;
  /** IP addresses or ranges whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  clock: Clock;
  log: Log;
  /** Pause between two signs of life in a live stream, in ms. */
  beatMs?: number;
  limits?: Limits;
};

/** The hub's HTTP side: `app.request()` tests it whole, `listen()` serves it. */
export function createHttp(options: HttpOptions) {
  const { services, users, baseUrl, log, beatMs = BEAT_MS } = options;
  const limits = createGuessLimits(options.limits);
  const addressOf = clientAddress(options.trustedProxies);
  const connectionOf = (c: HttpContext) => c.env?.incoming?.socket.remoteAddress;
  // A proxy on this machine brings requests from everywhere, whether it is trusted or forgotten in the configuration.
  const isLocal = (c: HttpContext) => isLoopback(c.get('address')) && c.req.header('x-forwarded-for') === undefined;

  const app = newRoutes();
  let described: ApiDocument | undefined;
  const describe = (): ApiDocument => {
    described ??= describeApi(app, services.version);
    return described;
  };
  app.onError((error, c) => problemOf(error, c, log));
  app.notFound((c) =>
    problemOf(new VigieError('not-found', `${c.req.method} ${c.req.path}: there is nothing`), c, log),
  );
  app.use(foreignBytes);
  app.use(pageHeaders(baseUrl));
  app.use(ownOrigin(baseUrl));
  app.use(async (c, next) => {
    c.set('address', addressOf(connectionOf(c), c.req.header('x-forwarded-for')));
    c.set('signedIn', await users.signedIn(c.req.raw.headers));
    await next();
  });
  app.use('/api/*', noStore);
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: BODY_BYTES_MAX,
      onError: () => {
        throw new VigieError('too-large', `read the request's body: it is larger than ${BODY_BYTES_MAX} bytes`);
      },
    }),
  );
  app.use('/api/v1/*', access('/api/v1'));

  const v1 = newRoutes()
    .route('/', sessionRoutes({ services, users }))
    .route('/', setupRoutes({ users, limits }))
    .route('/', userRoutes({ users, limits }))
    .route('/', deviceRoutes({ services, users }))
    .route('/', pictureRoutes({ services }))
    .route('/', certificateRoutes({ services }))
    .route('/', destinationRoutes({ services }))
    .route('/', scheduleRoutes({ services }))
    .route('/', reportRoutes({ services, users }))
    .route('/', jobRoutes({ services, users }))
    .route('/', drillRoutes({ services, users }))
    .route('/', activityRoutes({ services }))
    .route('/', liveRoutes({ services, users, beatMs }))
    .route('/', openApiRoutes(describe));
  const routes = app.route('/api/auth', authRoutes({ users, limits })).route('/api/v1', v1);
  routes.route('/', healthRoutes({ services, isLocal }));
  routes.route('/', dashboardRoutes(options.web.folder));
  return routes;
}

/** The API's routes and documents as a type, for Hono's client: `hc<Api>(address)`. */
export type Api = ReturnType<typeof createHttp>;
