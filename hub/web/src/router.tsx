import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { FleetPage } from './fleet/FleetPage.tsx';
import { Lost } from './layout/Lost.tsx';
import { Shell } from './layout/Shell.tsx';
import { Stumble } from './layout/Stumble.tsx';

/** The pages and their addresses. All but the fleet are loaded when they are first gone to. */
const root = createRootRoute({ component: Shell, notFoundComponent: Lost, errorComponent: Stumble });
const page = () => root;

const fleet = createRoute({ getParentRoute: page, path: '/', component: FleetPage });

type SourceSearch = { day?: string | undefined };
const source = createRoute({
  getParentRoute: page,
  path: '/devices/$site/$device/$source',
  validateSearch: (search: Record<string, unknown>): SourceSearch => ({
    day: /^\d{8}$/.test(String(search.day)) ? String(search.day) : undefined,
  }),
  component: lazyRouteComponent(() => import('./source/SourcePage.tsx'), 'SourcePage'),
});

const reports = createRoute({
  getParentRoute: page,
  path: '/reports',
  component: lazyRouteComponent(() => import('./reports/ReportsPage.tsx'), 'ReportsPage'),
});

const report = createRoute({
  getParentRoute: page,
  path: '/reports/$id',
  component: lazyRouteComponent(() => import('./report/ReportPage.tsx'), 'ReportPage'),
});

const drill = createRoute({
  getParentRoute: page,
  path: '/drills/$id',
  component: lazyRouteComponent(() => import('./drill/DrillPage.tsx'), 'DrillPage'),
});

const activity = createRoute({
  getParentRoute: page,
  path: '/activity',
  component: lazyRouteComponent(() => import('./activity/ActivityPage.tsx'), 'ActivityPage'),
});

const users = createRoute({
  getParentRoute: page,
  path: '/users',
  component: lazyRouteComponent(() => import('./users/UsersPage.tsx'), 'UsersPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([fleet, source, reports, report, drill, activity, users]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  // "day=20260303" must not become a number and come back as one.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const params = new URLSearchParams();
    for (const [key, value] of Object.entries(search)) if (value !== undefined) params.set(key, String(value));
    return params.size > 0 ? `?${params}` : '';
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
