import { Dialog } from '../kit/Dialog';
import classes from '../kit/kit.module.css';
import { usePageWords } from '../locales/pages';
import { KEYS } from './keys-list';

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
