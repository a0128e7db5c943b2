import type { Disease } from '../../api/types';
import { OneOf } from '../../components/OneOf';
import { useWords } from '../../locales/language';
import { goTo } from '../../url';
import { DISEASES } from './work-list';

export function DiseaseFilter({ chosen }: { readonly chosen: Disease | null }) {
  const { t } = useWords();
  return (
    <OneOf
      label={t('today.disease')}
      options={[['', t('today.diseaseAll')], ...DISEASES.map((one): readonly [Disease, string] => [one, t(`disease.${one}`)])]}
      value={chosen ?? ''}
      onChange={(disease) => goTo({ disease })}
    />
  );
}
