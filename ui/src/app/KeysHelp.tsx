import { Dialog } from '../kit/Dialog';
import classes from '../kit/kit.module.css';
import { type PageKey, usePageWords } from '../locales/pages';

const KEYS: readonly (readonly [string, PageKey])[] = [
  ['/', 'keys.search'], ['?', 'keys.help'], ['Esc', 'keys.close'],
  ['G W', 'nav.today'], ['G P', 'nav.patients'], ['G N', 'nav.register'], ['G R', 'nav.review'], ['G D', 'nav.devices'],
  ['J K ↑ ↓', 'keys.rows'], ['Enter', 'keys.open'],
  ['F', 'keys.visit'], ['R', 'keys.reading'], ['M', 'keys.reveal'], ['V', 'keys.table'],
  ['C', 'keys.alert'], ['P', 'keys.print'],
  ['A', 'keys.accept'], ['X', 'keys.reject'], ['E', 'keys.time'],
  ['Enter / Shift+Enter', 'keys.next'], ['1 – 9', 'keys.digits'], ['F2', 'keys.carry'], ['F8, Ctrl+Enter', 'keys.save'],
]; // prettier-ignore

export default function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const { t } = usePageWords();
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className={classes.pairs}>
        {KEYS.map(([key, what]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              <kbd className={classes.kbd}>{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">{t('keys.off')}</p>
    </Dialog>
  );
}
