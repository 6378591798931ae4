import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { parseFleetFilter } from '../fleet/filter.ts';
import { Desk } from '../inbox/desk.tsx';
import { parseFilter } from '../inbox/filter.ts';
import { NothingOpen } from '../inbox/nothing-open.tsx';
import { NotFound, Unexpected } from './not-found.tsx';
import { SignedIn } from './signed-in.tsx';
import { textOf } from './url-text.ts';

const root = createRootRoute();

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../sign-in/setup.tsx'), 'Setup'),
});

const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn });

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/triage', replace: true });
  },
});

/** List and case share one frame, so that the list stays where it is while cases open beside it. */
const desk = createRoute({
  getParentRoute: () => signedIn,
  id: 'desk',
  validateSearch: parseFilter,
  component: Desk,
});

const triage = createRoute({ getParentRoute: () => desk, path: '/triage', component: NothingOpen });

const caseRoute = createRoute({
  getParentRoute: () => desk,
  path: '/cases/$caseId',
  component: lazyRouteComponent(() => import('../case/case-page.tsx'), 'CasePage'),
});

/** List and device keep the list's filter in the URL, so that the way back leads to the same list. */
const fleet = createRoute({
  getParentRoute: () => signedIn,
  id: 'fleet-pages',
  validateSearch: parseFleetFilter,
});

const fleetList = createRoute({
  getParentRoute: () => fleet,
  path: '/fleet',
  component: lazyRouteComponent(() => import('../fleet/fleet-page.tsx'), 'FleetPage'),
});

const fleetReports = createRoute({
  getParentRoute: () => fleet,
  path: '/fleet/reports',
  component: lazyRouteComponent(() => import('../ledger/ledger-page.tsx'), 'LedgerPage'),
});

const deviceRoute = createRoute({
  getParentRoute: () => fleet,
  path: '/devices/$deviceId',
  component: lazyRouteComponent(() => import('../device/device-page.tsx'), 'DevicePage'),
});

const maintenance = createRoute({
  getParentRoute: () => signedIn,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('../maintenance/maintenance-page.tsx'), 'MaintenancePage'),
});

const products = createRoute({
  getParentRoute: () => signedIn,
  path: '/products',
  component: lazyRouteComponent(() => import('../product/products-page.tsx'), 'ProductsPage'),
});

/** The trial that is looked at stands in the URL: it outlives a reload and can be shown to others. */
const productRoute = createRoute({
  getParentRoute: () => signedIn,
  path: '/products/$productId',
  validateSearch: (search: Record<string, unknown>): { trial?: string } => {
    const trial = textOf(search.trial);
    return trial === undefined ? {} : { trial };
  },
  component: lazyRouteComponent(() => import('../product/product-page.tsx'), 'ProductPage'),
});

/** The URL's parameters are plain text, as people write and share them. */
export const router = createRouter({
  routeTree: root.addChildren([
    setup,
    signedIn.addChildren([
      home,
      desk.addChildren([triage, caseRoute]),
      fleet.addChildren([fleetList, fleetReports, deviceRoute]),
      products,
      productRoute,
      maintenance,
    ]),
  ]),
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Unexpected,
  defaultPreload: 'intent',
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
  interface HistoryState {
    /** The device that one comes back from. */
    device?: string;
  }
}
