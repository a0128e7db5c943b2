import { FavouritesContext } from '../../kit/favourites';
import { notify } from '../../kit/toasts';
import { usePageWords } from '../../locales/pages';
import { useFavourites } from '../organisations/favourites';
import { FACT_KINDS } from './facts';
import { FactsCard } from './FactsCard';
import { MedicineAdvice } from './MedicineAdvice';
import { MedicineReviews } from './MedicineReviews';
import classes from './Patient.module.css';

/** Medicines with what the checks say: before saving, and of those that wait for a decision. */
export default function MedicinesPanel({ id }: { readonly id: string }) {
  const { t } = usePageWords();
  const favourites = useFavourites();
  const told = (answer: unknown): void => {
    const isBlocked = (answer as { readonly state?: string }).state === 'blocked';
    notify(t(isBlocked ? 'med.blocked' : 'form.saved'));
  };
  return (
    <div className={classes.column}>
      <MedicineReviews id={id} />
      <FavouritesContext value={favourites}>
        <FactsCard
          id={id}
          kind={FACT_KINDS.medicines}
          advice={(draft) => <MedicineAdvice id={id} draft={draft} />}
          onAdded={told}
        />
      </FavouritesContext>
    </div>
  );
}
