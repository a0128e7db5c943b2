import { useId } from 'react';
import { useLocation } from 'wouter';

import { Link } from '../kit/Link';
import { useMe } from '../features/session/session';
import { useWords } from '../locales/language';
import { type NavGroup, PAGES, type PageEntry } from './pages';
import classes from './Shell.module.css';

const GROUPS: readonly NavGroup[] = ['before', 'during', 'after', 'manage', 'system'];

/** The entry that the address belongs to: the longest path that it begins with. */
function currentPath(location: string): string {
  const inside = (path: string) => location === path || (path !== '/' && location.startsWith(`${path}/`));
  const found = PAGES.filter((page) => page.nav && inside(page.path)).map((page) => page.path);
  return found.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** The pages in the order of a day's work; what a user may not open is not offered. */
export function Navigation() {
  const { t } = useWords();
  const [location] = useLocation();
  const rights = useMe().data?.rights ?? [];
  const here = currentPath(location);
  const may = (page: PageEntry) => page.right === null || rights.includes(page.right);
  return (
    <nav className={classes.nav} aria-label={t('nav.label')}>
      {GROUPS.map((group) => (
        <Group key={group} group={group} here={here} pages={PAGES.filter((page) => page.nav?.group === group && may(page))} />
      ))}
    </nav>
  );
}

interface GroupProps {
  readonly group: NavGroup;
  readonly here: string;
  readonly pages: readonly PageEntry[];
}

function Group({ group, here, pages }: GroupProps) {
  const { t } = useWords();
  const id = useId();
  if (pages.length === 0) return null;
  return (
    <>
      <h2 id={id}>{t(`navGroup.${group}`)}</h2>
      <ul aria-labelledby={id}>
        {pages.map(({ path, nav }) => (
          <li key={path}>
            <Link href={path} aria-current={path === here ? 'page' : undefined}>
              {nav && t(nav.label)}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
