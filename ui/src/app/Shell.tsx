import { lazy, memo, type ReactNode, Suspense, useDeferredValue, useEffect, useRef, useState } from 'react';
import { Route, Switch } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

import { ErrorBoundary } from '../components/ErrorBoundary';
import { BrokenPage } from '../components/BrokenPage';
import { LoadingLines } from '../components/LoadingLines';
import { NotFound } from '../components/NotFound';
import { TopBar } from '../components/TopBar';
import { signOut, useMay, useMe, useSession } from '../features/session/session';
import { UpdateBar } from '../features/session/UpdateBar';
import { ClinicChooser } from '../features/today/ClinicChooser';
import { useClinics } from '../features/today/clinics';
import { Toasts } from '../kit/toasts';
import { useKeys } from './keys';
import { Navigation } from './Navigation';
import { PAGES, type PageEntry } from './pages';
import { ShownQuery, useAddress } from '../url';
import { SearchBox } from './SearchBox';
import classes from './Shell.module.css';

const Denied = lazy(() => import('./Denied'));
const KeysHelp = lazy(() => import('./KeysHelp'));

/** Bar, navigation and the page of the address. */
export function Shell() {
  const session = useSession();
  const me = useMe();
  const [helping, setHelping] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const searches = useMay('people.read');
  const { clinics, organisations, chosen } = useClinics();
  useKeys({
    '/': () => field.current?.select(),
    '?': () => setHelping(true),
    'g w': () => navigate('/'),
    'g c': () => navigate('/recall'),
    'g p': () => navigate('/patients'),
    'g r': () => navigate('/review'),
    'g n': () => navigate('/patients/new'),
    'g d': () => navigate('/devices'),
  });
  return (
    <div className={classes.shell}>
      <TopBar actor={me.data?.display_name} onSignOut={() => void signOut()}>
        {searches && <SearchBox field={field} />}
        {chosen && (
          <ClinicChooser clinics={clinics} organisations={organisations} chosen={chosen} />
        )}
      </TopBar>
      <UpdateBar serverBuild={session.data?.ui_build} />
      <div className={classes.body}>
        <Navigation />
        <main id="main" className={classes.main} tabIndex={-1}>
          <Place>
            {(path) => (
              <ErrorBoundary key={path} fallback={<BrokenPage />}>
                <Suspense fallback={<LoadingLines count={12} />}>
                  <Switch location={path}>
                    {PAGES.map((page) => (
                      <Route key={page.path} path={page.path}>
                        <Guarded page={page} />
                      </Route>
                    ))}
                    <Route>
                      <NotFound />
                    </Route>
                  </Switch>
                </Suspense>
              </ErrorBoundary>
            )}
          </Place>
        </main>
      </div>
      <Toasts />
      {helping && (
        <Suspense fallback={null}>
          <KeysHelp onClose={() => setHelping(false)} />
        </Suspense>
      )}
    </div>
  );
}

const split = (address: string) => [address.split('?', 1)[0] ?? '', address.replace(/^[^?]*/, '')] as const;

/** What the address shows. A change of page is drawn in pieces behind the key or click that asked for it. */
function Place({ children }: { readonly children: (path: string) => ReactNode }) {
  const [path, query] = split(useAddress());
  const [shownPath, shownQuery] = split(useDeferredValue(path + query));
  useEffect(() => {
    document.getElementById('main')?.scrollTo(0, 0);
  }, [shownPath]);
  return <ShownQuery value={path === shownPath ? query : shownQuery}>{children(shownPath)}</ShownQuery>;
}

const Guarded = memo(function Guarded({ page: { right, Page } }: { readonly page: PageEntry }) {
  const rights = useMe().data?.rights ?? [];
  return right === null || rights.includes(right) ? <Page /> : <Denied right={right} />;
});
